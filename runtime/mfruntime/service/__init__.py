"""A metadata service: the HTTP interface that Metaflow's clients speak, over SQLite or PostgreSQL.

Start it with `python -m mfruntime.service`, or put `make_app(Config(...))` of `mfruntime.service.app` under any ASGI
server. Nothing is imported here, so that the runtime's start is not slowed by it.
"""
