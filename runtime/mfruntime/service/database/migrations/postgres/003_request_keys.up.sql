-- Keys that clients give to requests, so that a request sent twice makes one run or task.
CREATE TABLE IF NOT EXISTS mfruntime_request_keys (
    key TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    ts_epoch BIGINT NOT NULL
);
