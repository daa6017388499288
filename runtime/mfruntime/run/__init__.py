"""A run: the scheduler (a pure state machine), the loop around it, and the resume of an earlier run."""
