"""The request handlers, one file per record type, and the table of routes."""
