"""Metadata providers: records of flows, runs, steps, tasks and artifacts, in Metaflow's formats."""
