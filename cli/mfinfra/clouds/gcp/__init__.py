"""Calls to Google Cloud that the engine does not make: identity, state, permissions, errors."""
