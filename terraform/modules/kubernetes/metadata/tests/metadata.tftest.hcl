# Needs no cluster: planning sends it no requests.

provider "kubernetes" {
  host  = "https://127.0.0.1"
  token = "none"
}

variables {
  namespace        = "mfinfra"
  image            = "service:1"
  database         = { host = "db.example.com", port = 5432, name = "metaflow" }
  database_account = { username = "metaflow", password = "not-a-secret" }
  allow_namespaces = ["flows"]
  replicas         = 2
}

run "the_service" {
  command = plan

  assert {
    condition     = kubernetes_deployment_v1.this.spec[0].template[0].spec[0].container[0].security_context[0].run_as_non_root
    error_message = "The service runs as root."
  }

  assert {
    condition = alltrue([
      for container in concat(kubernetes_deployment_v1.this.spec[0].template[0].spec[0].container, kubernetes_deployment_v1.this.spec[0].template[0].spec[0].init_container) :
      container.security_context[0].read_only_root_filesystem && container.security_context[0].capabilities[0].drop == tolist(["ALL"])
    ])
    error_message = "A container has a writable root file system, or capabilities."
  }

  assert {
    condition     = kubernetes_deployment_v1.this.spec[0].template[0].spec[0].init_container[0].command[1] == "/root/run_goose.py"
    error_message = "The service starts without migrations."
  }

  assert {
    condition     = kubernetes_service_v1.this.metadata[0].name == "metadata" && kubernetes_service_v1.this.spec[0].port[0].port == 8080
    error_message = "The service does not have the name that tunnels use."
  }

  assert {
    condition     = kubernetes_horizontal_pod_autoscaler_v2.this.spec[0].min_replicas == 2
    error_message = "Fewer pods than configured."
  }

  assert {
    condition     = output.runtime_config == { METAFLOW_DEFAULT_METADATA = "service", METAFLOW_SERVICE_INTERNAL_URL = "http://metadata.mfinfra.svc.cluster.local:8080/" }
    error_message = "The settings do not have the format that the runtime reads."
  }
}
