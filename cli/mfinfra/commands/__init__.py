"""The commands, one file for each group. A command reads its options, calls a stack, and prints a report."""
