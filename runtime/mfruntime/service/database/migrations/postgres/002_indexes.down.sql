-- The index that may be the other service's stays: it is right either way.
DROP INDEX IF EXISTS mfruntime_tasks_of_step;
DROP INDEX IF EXISTS mfruntime_metadata_end_step;
DROP INDEX IF EXISTS mfruntime_metadata_attempt_ok;
