"""Programs that run in the flows' Python, not in ours: they see what flows see, and answer in JSON."""
