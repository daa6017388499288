# A repository for the user's own images. Tags are immutable.

resource "google_artifact_registry_repository" "this" {
  #checkov:skip=CKV_GCP_84:set by kms in the stack file
  project         = var.project
  location        = var.region
  repository_id   = var.name
  description     = "Images of ${var.name}"
  format          = "DOCKER"
  kms_key_name    = var.kms_key_id
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"

  docker_config {
    immutable_tags = true
  }

  cleanup_policies {
    id     = "untagged"
    action = "DELETE"

    condition {
      tag_state  = "UNTAGGED"
      older_than = "1209600s"
    }
  }
}

resource "google_artifact_registry_repository_iam_member" "nodes" {
  project    = google_artifact_registry_repository.this.project
  location   = google_artifact_registry_repository.this.location
  repository = google_artifact_registry_repository.this.name
  role       = "roles/artifactregistry.reader"
  member     = var.node_member
}
