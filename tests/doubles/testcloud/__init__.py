"""An AWS account on the loopback address, for tests: ministack in one process, and what it lacks.

`server` and the plugin run in a Python environment of their own; `environment` and `fixtures` run in the tests.
"""
