"""Local stacks: their directory, servers and secrets."""
