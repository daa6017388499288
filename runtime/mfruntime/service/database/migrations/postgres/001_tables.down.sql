DROP TABLE goose_db_version;
DROP TABLE artifact_v3;
DROP TABLE metadata_v3;
DROP TABLE tasks_v3;
DROP TABLE steps_v3;
DROP TABLE runs_v3;
DROP TABLE flows_v3;
