"""An AWS account on the loopback address, for tests: ministack in one process, with extensions.

`server` and the plugin run in a separate Python environment; `environment` and `fixtures` run in the tests.
"""
