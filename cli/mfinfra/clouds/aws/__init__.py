"""What mfinfra asks of AWS itself, beside the engine: identity, state, permissions, errors."""
