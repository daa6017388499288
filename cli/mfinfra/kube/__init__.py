"""Access to the cluster of a stack: its API server, tunnels to its pods, its health, and what to delete before it.

kubectl and the CLIs of the clouds are not needed: the official Python client calls the API server, which forwards
connections to pods. Only this package imports the client, when it is first used, because importing takes a second.
"""
