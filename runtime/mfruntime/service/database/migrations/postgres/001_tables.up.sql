-- The tables of Metaflow's metadata service: same names, columns and keys, so that either service can serve them.
CREATE TABLE flows_v3 (
    flow_id VARCHAR(255) PRIMARY KEY,
    user_name VARCHAR(255),
    ts_epoch BIGINT NOT NULL,
    tags JSONB,
    system_tags JSONB
);
CREATE TABLE runs_v3 (
    flow_id VARCHAR(255) NOT NULL REFERENCES flows_v3 (flow_id),
    run_number SERIAL NOT NULL,
    user_name VARCHAR(255),
    ts_epoch BIGINT NOT NULL,
    tags JSONB,
    system_tags JSONB,
    run_id VARCHAR(255),
    last_heartbeat_ts BIGINT,
    PRIMARY KEY (flow_id, run_number),
    CONSTRAINT runs_v3_flow_id_run_id_key UNIQUE (flow_id, run_id)
);
CREATE TABLE steps_v3 (
    flow_id VARCHAR(255) NOT NULL,
    run_number BIGINT NOT NULL,
    step_name VARCHAR(255) NOT NULL,
    user_name VARCHAR(255),
    ts_epoch BIGINT NOT NULL,
    tags JSONB,
    system_tags JSONB,
    run_id VARCHAR(255),
    PRIMARY KEY (flow_id, run_number, step_name),
    FOREIGN KEY (flow_id, run_number) REFERENCES runs_v3 (flow_id, run_number),
    CONSTRAINT steps_v3_flow_id_run_id_step_name_key UNIQUE (flow_id, run_id, step_name)
);
CREATE TABLE tasks_v3 (
    flow_id VARCHAR(255) NOT NULL,
    run_number BIGINT NOT NULL,
    step_name VARCHAR(255) NOT NULL,
    task_id BIGSERIAL PRIMARY KEY,
    user_name VARCHAR(255),
    ts_epoch BIGINT NOT NULL,
    tags JSONB,
    system_tags JSONB,
    run_id VARCHAR(255),
    task_name VARCHAR(255),
    last_heartbeat_ts BIGINT,
    FOREIGN KEY (flow_id, run_number, step_name) REFERENCES steps_v3 (flow_id, run_number, step_name),
    CONSTRAINT tasks_v3_flow_id_run_number_step_name_task_name_key
        UNIQUE (flow_id, run_number, step_name, task_name)
);
CREATE TABLE metadata_v3 (
    flow_id VARCHAR(255) NOT NULL,
    run_number BIGINT NOT NULL,
    step_name VARCHAR(255) NOT NULL,
    task_id BIGINT NOT NULL,
    id BIGSERIAL NOT NULL,
    field_name VARCHAR(255) NOT NULL,
    value TEXT NOT NULL,
    type VARCHAR(255) NOT NULL,
    user_name VARCHAR(255),
    ts_epoch BIGINT NOT NULL,
    tags JSONB,
    system_tags JSONB,
    run_id VARCHAR(255),
    task_name VARCHAR(255),
    PRIMARY KEY (id, flow_id, run_number, step_name, task_id, field_name)
);
CREATE TABLE artifact_v3 (
    flow_id VARCHAR(255) NOT NULL,
    run_number BIGINT NOT NULL,
    step_name VARCHAR(255) NOT NULL,
    task_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    location VARCHAR(255) NOT NULL,
    ds_type VARCHAR(255) NOT NULL,
    sha VARCHAR(255),
    type VARCHAR(255),
    content_type VARCHAR(255),
    user_name VARCHAR(255),
    attempt_id SMALLINT NOT NULL,
    ts_epoch BIGINT NOT NULL,
    tags JSONB,
    system_tags JSONB,
    run_id VARCHAR(255),
    task_name VARCHAR(255),
    PRIMARY KEY (flow_id, run_number, step_name, task_id, attempt_id, name)
);
-- The version table of Metaflow's migrations (goose): the tables above are the result of these four migrations.
CREATE TABLE goose_db_version (
    id SERIAL PRIMARY KEY,
    version_id BIGINT NOT NULL,
    is_applied BOOLEAN NOT NULL,
    tstamp TIMESTAMP DEFAULT now()
);
INSERT INTO goose_db_version (version_id, is_applied)
VALUES (0, true), (1, true), (20200603104139, true), (20201002000616, true);
