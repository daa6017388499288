"""One task: its command line, its execution, and its results in the store."""
