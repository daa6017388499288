"""Programs that a local stack keeps running: one supervisor for each stack, in the background.

What ends is started again. Everything a supervisor needs and tells lies in one folder: `servers.json` (what to run),
`state.json` (how it goes), a lock that lives as long as the supervisor, and a log for each program.
"""
