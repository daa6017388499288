"""The tables of the metadata service, in SQLite and PostgreSQL."""
