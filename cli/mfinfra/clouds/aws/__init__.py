"""Calls to AWS that the engine does not make: identity, state, permissions, errors."""
