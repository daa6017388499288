"""Data tools: read and write objects of an object store by name, without artifacts."""
