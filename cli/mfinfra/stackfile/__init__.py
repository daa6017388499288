"""The stack file: its schema, its rules, and how it is read."""
