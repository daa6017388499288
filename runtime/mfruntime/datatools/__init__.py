"""Data tools: objects of a store that are not artifacts, read and written by name."""
