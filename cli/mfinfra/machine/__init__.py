"""This machine: directories, records, profiles, locks, processes, and the supervisor of local servers."""
