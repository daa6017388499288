"""What mfinfra asks of Google Cloud itself, beside the engine: identity, state, permissions, errors."""
