provider "helm" {
  kubernetes = {
    host = "https://cluster.example.com"
  }
}

resource "helm_release" "r" {
  name          = "argo"
  namespace     = "argo"
  chart         = "./chart"
  set           = [{ name = "a", value = "b" }]
  set_sensitive = [{ name = "password", value = "marked-x" }]
  values        = [yamlencode({ replicas = 1 })]
}

output "revision" { value = helm_release.r.metadata.revision }
output "name" { value = helm_release.r.id }
