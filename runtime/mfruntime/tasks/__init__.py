"""What one task is: how it is started, what it does between start and end, and what it leaves in the store."""
