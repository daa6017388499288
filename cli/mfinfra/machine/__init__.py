"""This machine: folders, records and profiles of stacks, locks, programs, and the supervisor of local servers."""
