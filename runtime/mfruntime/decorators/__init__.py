"""Step decorators: one file per decorator with its defaults, its frozen options and its checks.

There is no I/O here. The code of a decorator that runs around a step is in `tasks/hooks/`, in a file of the same name.
To add a decorator: add its file here, its hook (if it has code to run in a task), its lines in `registry.py`, and its
export.
"""
