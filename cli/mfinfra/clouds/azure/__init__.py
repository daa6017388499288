"""Calls to Azure that the engine does not make: identity, state, permissions, errors."""
