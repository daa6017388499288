# Needs no cluster: planning sends it no requests.

provider "kubernetes" {
  host  = "https://127.0.0.1"
  token = "none"
}

variables {
  namespace     = "mfinfra"
  image         = "postgres:17"
  database      = { host = "db.example.com", port = 5432, name = "metaflow" }
  admin_account = { username = "metaflow", password = "not-a-secret" }
  accounts      = { argo = "not-a-secret" }
  names         = ["argo"]
}

run "a_job_for_each_wish" {
  command = plan

  assert {
    condition     = kubernetes_job_v1.this.wait_for_completion && kubernetes_job_v1.this.spec[0].template[0].spec[0].container[0].args == tolist(["argo"])
    error_message = "The job for databases is missing, or nothing waits for it."
  }
}
