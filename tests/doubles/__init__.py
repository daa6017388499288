"""What stands for a cloud in tests: providers for terraform, AWS, Kubernetes, object stores, logins, proxies."""
