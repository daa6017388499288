-- Idempotency keys of requests, so that a retried request creates only one run or task.
CREATE TABLE IF NOT EXISTS mfruntime_request_keys (
    key TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    ts_epoch BIGINT NOT NULL
);
