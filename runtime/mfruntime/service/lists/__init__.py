"""Lists of records: filters in query strings, SELECT statements, pagination, rows as JSON."""
