# Needs no cluster: planning sends it no requests.

provider "kubernetes" {
  host  = "https://127.0.0.1"
  token = "none"
}

variables {
  namespace             = "mfinfra"
  backend_image         = "service:1"
  static_image          = "pages:1"
  database              = { host = "db.example.com", port = 5432, name = "metaflow" }
  database_account      = { username = "metaflow", password = "not-a-secret" }
  datastore_environment = { METAFLOW_DEFAULT_DATASTORE = "gs", METAFLOW_DATASTORE_SYSROOT_GS = "gs://bucket/metaflow" }
}

run "one_port_for_pages_and_backend" {
  command = plan

  assert {
    condition     = kubernetes_service_v1.this["ui"].spec[0].port[0].port == 3000
    error_message = "The web pages do not have the name that tunnels use."
  }

  assert {
    condition     = strcontains(kubernetes_config_map_v1.this.data["nginx.conf"], "proxy_pass http://ui-backend.mfinfra.svc.cluster.local:8083;")
    error_message = "The web pages do not forward requests to the backend."
  }

  assert {
    condition     = strcontains(kubernetes_config_map_v1.this.data["nginx.conf"], "proxy_set_header Host $host;")
    error_message = "A variable of nginx was interpolated by Terraform."
  }

  assert {
    condition     = kubernetes_deployment_v1.backend.spec[0].template[0].spec[0].security_context[0].run_as_non_root && kubernetes_deployment_v1.pages.spec[0].template[0].spec[0].security_context[0].run_as_non_root
    error_message = "Something runs as root."
  }
}
