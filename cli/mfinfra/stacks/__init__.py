"""What each command does with a stack, on this machine or in a cloud."""
