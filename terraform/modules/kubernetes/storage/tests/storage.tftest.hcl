# Needs no cluster: planning sends it no requests.

provider "kubernetes" {
  host  = "https://127.0.0.1"
  token = "none"
}

variables {
  provisioner = "ebs.csi.aws.com"
  parameters  = { type = "gp3", encrypted = "true" }
}

run "encrypted" {
  command = plan

  assert {
    condition     = kubernetes_storage_class_v1.this.parameters.encrypted == "true" && kubernetes_storage_class_v1.this.volume_binding_mode == "WaitForFirstConsumer"
    error_message = "Disks are not encrypted, or made in another zone than the pod."
  }
}
