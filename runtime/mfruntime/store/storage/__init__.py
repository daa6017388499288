"""Storages of the datastore: the local disk, memory, and object stores, behind one protocol."""
