"""A Kubernetes API on loopback whose pods are processes of this machine: TLS, tokens, watches, port-forwards, faults."""
