"""Checks of this machine for problems that stop flows from running."""
