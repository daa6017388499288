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
