"""The flow of the smoke test."""
