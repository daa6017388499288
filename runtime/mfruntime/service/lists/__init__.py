"""Lists of records: filters of the query string, SELECT statements, pages, rows as JSON."""
