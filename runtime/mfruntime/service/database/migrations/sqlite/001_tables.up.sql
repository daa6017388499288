-- The tables of Metaflow's metadata service, in SQLite's dialect.
CREATE TABLE flows_v3 (
    flow_id TEXT PRIMARY KEY NOT NULL,
    user_name TEXT,
    ts_epoch INTEGER NOT NULL,
    tags TEXT,
    system_tags TEXT
);
CREATE TABLE runs_v3 (
    run_number INTEGER PRIMARY KEY AUTOINCREMENT,
    flow_id TEXT NOT NULL REFERENCES flows_v3 (flow_id),
    user_name TEXT,
    ts_epoch INTEGER NOT NULL,
    tags TEXT,
    system_tags TEXT,
    run_id TEXT,
    last_heartbeat_ts INTEGER,
    UNIQUE (flow_id, run_number),
    UNIQUE (flow_id, run_id)
);
CREATE TABLE steps_v3 (
    flow_id TEXT NOT NULL,
    run_number INTEGER NOT NULL,
    step_name TEXT NOT NULL,
    user_name TEXT,
    ts_epoch INTEGER NOT NULL,
    tags TEXT,
    system_tags TEXT,
    run_id TEXT,
    PRIMARY KEY (flow_id, run_number, step_name),
    FOREIGN KEY (flow_id, run_number) REFERENCES runs_v3 (flow_id, run_number)
);
CREATE TABLE tasks_v3 (
    task_id INTEGER PRIMARY KEY AUTOINCREMENT,
    flow_id TEXT NOT NULL,
    run_number INTEGER NOT NULL,
    step_name TEXT NOT NULL,
    user_name TEXT,
    ts_epoch INTEGER NOT NULL,
    tags TEXT,
    system_tags TEXT,
    run_id TEXT,
    task_name TEXT,
    last_heartbeat_ts INTEGER,
    UNIQUE (flow_id, run_number, step_name, task_name),
    FOREIGN KEY (flow_id, run_number, step_name) REFERENCES steps_v3 (flow_id, run_number, step_name)
);
CREATE TABLE metadata_v3 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    flow_id TEXT NOT NULL,
    run_number INTEGER NOT NULL,
    step_name TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    field_name TEXT NOT NULL,
    value TEXT NOT NULL,
    type TEXT NOT NULL,
    user_name TEXT,
    ts_epoch INTEGER NOT NULL,
    tags TEXT,
    system_tags TEXT,
    run_id TEXT,
    task_name TEXT
);
CREATE TABLE artifact_v3 (
    flow_id TEXT NOT NULL,
    run_number INTEGER NOT NULL,
    step_name TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    location TEXT NOT NULL,
    ds_type TEXT NOT NULL,
    sha TEXT,
    type TEXT,
    content_type TEXT,
    user_name TEXT,
    attempt_id INTEGER NOT NULL,
    ts_epoch INTEGER NOT NULL,
    tags TEXT,
    system_tags TEXT,
    run_id TEXT,
    task_name TEXT,
    PRIMARY KEY (flow_id, run_number, step_name, task_id, attempt_id, name)
) WITHOUT ROWID;
