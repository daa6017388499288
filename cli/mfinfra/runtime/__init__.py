"""The flow runtime in a Python environment: installed, described, and tested by a small flow."""
