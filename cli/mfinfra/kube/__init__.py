"""The cluster of a stack, as its people reach it: its API, its pods through tunnels, its state in words, its end.

No program of Kubernetes or of a cloud is needed: the API server is asked by the official client, and carries what goes
to a pod. The client is imported here only, when it is first used: it takes a second to load.
"""
