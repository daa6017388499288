"""Where tasks run: each file is one way of turning a TaskCommand into a process."""
