"""Terraform and OpenTofu: the program, its plans, events and state."""
