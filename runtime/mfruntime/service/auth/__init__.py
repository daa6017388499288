"""Authentication and permissions of the metadata service: API keys, bearer tokens and OpenID Connect."""
