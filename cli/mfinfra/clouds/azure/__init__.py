"""What mfinfra asks of Azure itself, beside the engine: identity, state, permissions, errors."""
