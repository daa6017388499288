"""One HTTP request: connection, limits, body, and what handlers see of it."""
