"""The versions of all components of a stack."""

# ruff: noqa: E501 - one line for each source
from __future__ import annotations

#: The oldest terraform or tofu: the first with write-only arguments.
TERRAFORM = "1.11"
#: Exact versions of providers: only tested versions are used.
AWS_PROVIDER = "6.69.1"
AZURERM_PROVIDER = "5.10.0"
GOOGLE_PROVIDER = "8.7.0"
RANDOM_PROVIDER = "3.9.1"
TIME_PROVIDER = "0.14.2"
METADATA_IMAGE = "netflixoss/metaflow_metadata_service:v2.4.13"
#: The same image holds the service, its migrations and the backend of the UI.
UI_BACKEND_IMAGE = METADATA_IMAGE
UI_STATIC_IMAGE = "public.ecr.aws/outerbounds/metaflow_ui:v1.3.14"

#: Stacks on Kubernetes: providers, charts and images, and the versions of Kubernetes that each cloud supports.
KUBERNETES_PROVIDER = "3.4.0"
HELM_PROVIDER = "3.3.0"
#: argo-helm, release argo-workflows-2.0.1 of 2026-08-17: Argo Workflows 4.1.1. Argo supports its last two minors.
ARGO_WORKFLOWS_CHART = "2.0.1"
#: argo-helm, release argo-events-2.4.25 of 2026-08-30: Argo Events 1.9; buses may be NATS 2.10.29 (PR 4045 there).
ARGO_EVENTS_CHART = "2.4.25"
JETSTREAM = "2.10.29"
#: apache/airflow, release helm-chart/1.22.0 of 2026-06-13, whose own version of Airflow is 3.2.2.
AIRFLOW_CHART = "1.22.0"
AIRFLOW = "3.2.2"
#: kubernetes-sigs/jobset v0.12.0, as an OCI chart of registry.k8s.io.
JOBSET_CHART = "0.12.0"
#: NVIDIA/k8s-device-plugin v0.18.2.
DEVICE_PLUGIN_CHART = "0.18.2"
#: kubernetes/autoscaler, release cluster-autoscaler-chart-9.56.0 of 2026-03-02. The image is of the cluster's own minor
#: version (as kops has them in its pull request 17640; v1.35.0 is of 2026-02-05).
AUTOSCALER_CHART = "9.56.0"
AUTOSCALER_IMAGES = {"1.33": "v1.33.1", "1.34": "v1.34.0", "1.35": "v1.35.0"}
#: psql, for databases in addition to that of the metadata service. PostgreSQL 17 is supported until 2029-11-08.
POSTGRES_IMAGE = "postgres:17.6-alpine"
#: Fetches DAGs from Azure Blob, for which apache-airflow-providers-microsoft-azure has no bundle (15.2.1).
RCLONE_IMAGE = "rclone/rclone:1.71.0"
#: The version of new clusters.
DEFAULT_KUBERNETES = "1.35"
#: The versions that each cloud offers, with the day when their standard support ends. AWS: the release calendar of the EKS user guide.
#: GCP: the release schedule of GKE as endoflife.date has it. Azure: twelve months from general availability, which its own
#: pages do not list for these; counted from March 2026. Read on 2026-11-25.
KUBERNETES_SUPPORT: dict[str, dict[str, str]] = {
    "aws": {"1.33": "2026-07-29", "1.34": "2026-12-02", "1.35": "2027-03-27"},
    "azure": {"1.34": "2026-11-30", "1.35": "2027-03-31"},
    "gcp": {"1.33": "2026-08-03", "1.34": "2026-10-01", "1.35": "2027-04-11"},
}
