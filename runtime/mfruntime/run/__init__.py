"""A run: the pure scheduler, the loop around it, and the resumption of an earlier run."""
