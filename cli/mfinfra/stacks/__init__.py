"""The commands on a stack, on this machine or in a cloud."""
