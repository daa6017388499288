"""The stack file: its schema, its rules, and the reader."""
