"""Artifacts, logs and blobs in Metaflow's formats, over any object store."""
