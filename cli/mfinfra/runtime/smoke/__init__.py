"""The flow that is run through a stack to see that it works."""
