"""The output of commands: tables, or one JSON document with --json."""
