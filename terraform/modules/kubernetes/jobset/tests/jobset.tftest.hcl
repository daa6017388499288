# Needs no cluster: planning sends it no requests.

provider "kubernetes" {
  host  = "https://127.0.0.1"
  token = "none"
}

provider "helm" {
  kubernetes = {
    host  = "https://127.0.0.1"
    token = "none"
  }
}

variables {
  chart_version     = "0.12.0"
  high_availability = true
}

run "two_controllers" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.this.values[0]).controller.replicas == 2
    error_message = "There is one controller only."
  }
}
