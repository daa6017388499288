"""Who may use the metadata service: keys, tokens, and tokens of an identity provider."""
