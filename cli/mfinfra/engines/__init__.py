"""Engines turn a resolved stack into something that exists, and take it down again."""
