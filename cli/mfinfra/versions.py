"""The version of everything that a stack is made with, in one place."""

from __future__ import annotations

#: The oldest terraform or tofu: it knows arguments that are written and never kept.
TERRAFORM = "1.11"
#: Providers, exactly: what was tested is what is used.
AWS_PROVIDER = "6.69.1"
METADATA_IMAGE = "netflixoss/metaflow_metadata_service:v2.4.13"
#: The same image holds the service, its migrations and the backend of the UI.
UI_BACKEND_IMAGE = METADATA_IMAGE
UI_STATIC_IMAGE = "public.ecr.aws/outerbounds/metaflow_ui:v1.3.14"

#: The Kubernetes that new stacks have.
KUBERNETES = "1.34"
#: What each cloud offers, and the last day that it does, extended support included.
KUBERNETES_SUPPORT: dict[str, dict[str, str]] = {
    "aws": {"1.32": "2027-03-23", "1.33": "2027-07-29", "1.34": "2027-12-02"},
    "azure": {"1.33": "2027-06-30", "1.34": "2027-11-30"},
    "gcp": {"1.32": "2027-04-11", "1.33": "2027-08-03", "1.34": "2027-10-01"},
}
