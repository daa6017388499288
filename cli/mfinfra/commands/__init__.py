"""The commands, a file for each group. A command reads its options, acts on a stack, and reports; nothing more."""
