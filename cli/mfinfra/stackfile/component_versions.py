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
#: Versions before 2.5.1 have an SQL injection.
METADATA_IMAGE = "netflixoss/metaflow_metadata_service:v2.5.1"
#: The same image holds the service, its migrations and the backend of the UI.
UI_BACKEND_IMAGE = METADATA_IMAGE
UI_STATIC_IMAGE = "public.ecr.aws/outerbounds/metaflow_ui:v1.3.14"

#: Stacks on Kubernetes: providers, charts and images, and the versions of Kubernetes that each cloud supports.
KUBERNETES_PROVIDER = "3.4.0"
HELM_PROVIDER = "3.3.0"
#: argo-helm, release argo-workflows-2.0.1 of 2026-08-17. Argo supports its last two minors.
ARGO_WORKFLOWS_CHART = "2.0.1"
#: argo-helm, release argo-events-2.4.25 of 2026-08-30: Argo Events 1.9.
ARGO_EVENTS_CHART = "2.4.25"
#: The chart knows NATS 2.10, which is no longer supported. These are the images with which Argo Events itself replaced it:
#: argoproj/argo-events, commit 2ee37c02 of 2026-08-07, manifests/base/controller-manager/controller-config.yaml.
JETSTREAM = "2.14.4"
JETSTREAM_EXPORTER = "0.20.1"
JETSTREAM_RELOADER = "0.23.0"
#: apache/airflow, release helm-chart/1.22.0 of 2026-06-13.
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
#: The application in each chart, as `appVersion` of its Chart.yaml says; other versions are not tested with it.
CHART_APPLICATIONS = {"argo-workflows": (ARGO_WORKFLOWS_CHART, "4.1.0"), "airflow": (AIRFLOW_CHART, AIRFLOW)}
#: The versions that each cloud offers, with the day when their standard support ends.
KUBERNETES_SUPPORT: dict[str, dict[str, str]] = {
    "aws": {"1.33": "2026-07-29", "1.34": "2026-12-02", "1.35": "2027-03-27"},
    "azure": {"1.34": "2026-11-30", "1.35": "2027-03-31"},
    "gcp": {"1.33": "2026-08-03", "1.34": "2026-10-01", "1.35": "2027-04-11", "1.36": "2027-06-28"},
}
#: Where the days are from, and the day when they were read. AKS supports a version for twelve months from general
#: availability; its pages do not list 1.34 and 1.35, so theirs are counted from March 2026. GKE supports a version for 14
#: months from its availability in the Regular channel, where 1.36 is since June 2026 (its release notes); that day of 1.36
#: was not published in what was read, so its day is the earlier end of Kubernetes 1.36 itself (kubernetes.io/releases/1.36).
KUBERNETES_SOURCES: dict[str, tuple[str, str]] = {
    "aws": ("https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html", "2026-11-25"),
    "azure": ("https://learn.microsoft.com/azure/aks/supported-kubernetes-versions", "2026-11-25"),
    "gcp": ("https://cloud.google.com/kubernetes-engine/docs/release-schedule", "2026-11-29"),
}
