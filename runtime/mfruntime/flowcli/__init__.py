"""The command line of a flow, `python flow.py ...`: thin click commands over the layers below."""
