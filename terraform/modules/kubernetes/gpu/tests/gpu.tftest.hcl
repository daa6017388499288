# Needs no cluster: planning sends it no requests.
provider "helm" {
  kubernetes = {
    host  = "https://127.0.0.1"
    token = "none"
  }
}

variables {
  chart_version = "0.18.2"
}

run "on_nodes_with_a_gpu_only" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.this.values[0]).nodeSelector == { "mfinfra.dev/gpu" = "true" }
    error_message = "The plugin runs on other nodes."
  }
}
