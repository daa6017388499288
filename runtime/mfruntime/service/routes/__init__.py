"""The handlers, one file for each kind of record, and the table that says which path is whose."""
