"""Tasks on this machine: each is a process, forked from a warm worker or started anew."""
