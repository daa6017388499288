# Needs no cluster: planning sends it no requests.
provider "helm" {
  kubernetes = {
    host  = "https://127.0.0.1"
    token = "none"
  }
}

variables {
  chart_version = "9.56.0"
  image_tag     = "v1.35.0"
  cluster_name  = "demo"
  region        = "eu-west-1"
}

run "for_the_groups_of_one_cluster" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.this.values[0]).autoDiscovery.clusterName == "demo" && yamldecode(helm_release.this.values[0]).rbac.serviceAccount.name == "cluster-autoscaler"
    error_message = "The autoscaler discovers groups of another cluster, or has no identity."
  }
}
