"""What is known of flows, runs, steps, tasks and artifacts besides their data: records in Metaflow's shapes."""
