"""HTTP requests: the connection, limits, bodies, and the values that handlers get."""
