"""The servers of a local stack: one supervisor for each stack runs them in the background.

It restarts a server that exits. All files of a supervisor are in one directory: `servers.json` (what to run),
`state.json` (its status), a lock that the supervisor holds while it runs, and a log for each server.
"""
