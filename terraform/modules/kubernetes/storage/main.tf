# Storage class for disks of pods: encrypted, in the zone of the pod. EKS has no default since 1.30.

resource "kubernetes_storage_class_v1" "this" {
  metadata {
    name        = var.name
    labels      = merge(var.labels, { "app.kubernetes.io/part-of" = "mfinfra" })
    annotations = { "storageclass.kubernetes.io/is-default-class" = "true" }
  }

  storage_provisioner    = var.provisioner
  parameters             = var.parameters
  reclaim_policy         = "Delete"
  volume_binding_mode    = "WaitForFirstConsumer"
  allow_volume_expansion = true
}
