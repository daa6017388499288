"""Executors, which run TaskCommands."""
