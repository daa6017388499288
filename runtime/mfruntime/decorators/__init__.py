"""What decorators of steps say: one file per decorator with its defaults, its frozen options and its checks.

No I/O happens here. What a decorator does around the step's code is in `tasks/hooks/`, in a file of the same name.
To add one: its file here, its hook (where it does anything in a task), its lines in `registry.py`, and its export.
"""
