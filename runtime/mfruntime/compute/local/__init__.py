"""The local executor: each task is a process, forked from a worker or started with a new interpreter."""
