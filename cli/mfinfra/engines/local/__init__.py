"""The stack on this machine: its folder, its servers and their secrets."""
