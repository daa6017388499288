"""Storages of the datastore: the local disk, memory, and object stores, behind one protocol.

To add one: its class in a file here, its line in `mfruntime.registry`, its URLs in `mfruntime.store.locate`, what its
errors mean in `errors`, and its root in `mfruntime.settings`.
"""
