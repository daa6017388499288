DROP TABLE IF EXISTS mfruntime_request_keys;
