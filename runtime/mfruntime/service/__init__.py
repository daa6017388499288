"""The metadata service: the HTTP API that Metaflow's clients use, with SQLite or PostgreSQL as its database.

Start it with `python -m mfruntime.service`, or run `make_app(Config(...))` of `mfruntime.service.app` in any ASGI
server. This module imports nothing, so that importing the runtime stays fast.
"""
