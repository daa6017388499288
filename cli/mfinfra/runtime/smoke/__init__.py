"""The flow that proves a stack."""
