"""The databases of the metadata service: SQLite and PostgreSQL."""
