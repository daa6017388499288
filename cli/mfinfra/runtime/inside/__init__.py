"""Programs that run in the Python of the flows, not in that of mfinfra, and print JSON."""
