-- The index that Metaflow's service can have created is kept: it is valid in both cases.
DROP INDEX IF EXISTS mfruntime_tasks_of_step;
DROP INDEX IF EXISTS mfruntime_metadata_end_step;
DROP INDEX IF EXISTS mfruntime_metadata_attempt_ok;
