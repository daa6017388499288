"""Doubles of clouds for tests: Terraform providers, AWS, Kubernetes, object stores, logins, proxies."""
