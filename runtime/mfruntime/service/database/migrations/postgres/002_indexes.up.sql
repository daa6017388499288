-- The first has the same name and columns as in Metaflow's service, so that it is never created twice.
CREATE INDEX IF NOT EXISTS metadata_v3_idx_str_ids_a_key_with_run_number_task_id
    ON metadata_v3 (flow_id, run_number, step_name, task_id, field_name);
CREATE INDEX IF NOT EXISTS mfruntime_metadata_attempt_ok
    ON metadata_v3 (flow_id, run_number DESC, step_name) WHERE field_name = 'attempt_ok';
CREATE INDEX IF NOT EXISTS mfruntime_metadata_end_step
    ON metadata_v3 (flow_id, run_number) WHERE field_name = 'end_step';
CREATE INDEX IF NOT EXISTS mfruntime_tasks_of_step
    ON tasks_v3 (flow_id, run_number, step_name, task_id);
