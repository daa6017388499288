DROP INDEX IF EXISTS mfruntime_tasks_of_step;
DROP INDEX IF EXISTS mfruntime_metadata_end_step;
DROP INDEX IF EXISTS mfruntime_metadata_attempt_ok;
DROP INDEX IF EXISTS mfruntime_metadata_of_task;
