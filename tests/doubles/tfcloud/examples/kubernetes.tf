provider "kubernetes" {
  host = "https://cluster.example.com"
}

resource "kubernetes_namespace_v1" "n" {
  metadata {
    name = "metaflow"
  }
}

ephemeral "random_password" "p" {
  length = 20
}

resource "kubernetes_secret_v1" "s" {
  metadata {
    name      = "db"
    namespace = kubernetes_namespace_v1.n.metadata[0].name
  }
  data_wo          = { password = "marked-${ephemeral.random_password.p.result}" }
  data_wo_revision = 1
}

resource "kubernetes_config_map_v1" "c" {
  metadata {
    name      = "settings"
    namespace = kubernetes_namespace_v1.n.metadata[0].name
  }
  data = { a = "b" }
}

data "kubernetes_config_map_v1" "c" {
  metadata {
    name      = kubernetes_config_map_v1.c.metadata[0].name
    namespace = "metaflow"
  }
}

resource "kubernetes_deployment_v1" "d" {
  metadata {
    name      = "d"
    namespace = kubernetes_namespace_v1.n.metadata[0].name
  }
  spec {
    selector {
      match_labels = { app = "d" }
    }
    template {
      metadata {
        labels = { app = "d" }
      }
      spec {
        container {
          name  = "c"
          image = "x"
          resources {
            limits = { memory = "1Gi" }
          }
        }
      }
    }
  }
}

resource "kubernetes_manifest" "m" {
  manifest = {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = "m", namespace = "metaflow" }
    data       = { x = "y" }
  }
}

output "read" { value = data.kubernetes_config_map_v1.c.data }
output "id" { value = kubernetes_deployment_v1.d.id }
