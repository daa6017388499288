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
  chart_version     = "1.0.0"
  jetstream_version = "2.14.4"
  exporter_version  = "0.20.1"
  reloader_version  = "0.23.0"
  namespaces        = ["flows", "research"]
  default_namespace = "flows"
}

run "events_in_each_namespace" {
  command = plan

  assert {
    condition     = length(helm_release.events) == 2 && helm_release.events["research"].namespace == "research"
    error_message = "A namespace has no bus."
  }

  assert {
    condition     = yamldecode(helm_release.events["flows"].values[0]).replicas == { bus = 1, source = 1 }
    error_message = "A sandbox has more than one of each."
  }

  assert {
    condition     = output.runtime_config.METAFLOW_ARGO_EVENTS_WEBHOOK_URL == "http://argo-events-webhook-eventsource-svc.flows.svc.cluster.local:12000/metaflow-event"
    error_message = "Events go elsewhere."
  }

  assert {
    condition     = output.namespace_configs["research"].METAFLOW_ARGO_EVENTS_SENSOR_NAMESPACE == "research"
    error_message = "Sensors are created in another namespace."
  }
}

run "production" {
  command = plan

  variables {
    high_availability = true
    storage_class     = "encrypted"
  }

  assert {
    condition     = yamldecode(helm_release.events["flows"].values[0]).replicas == { bus = 3, source = 2 }
    error_message = "The bus does not survive the loss of a node."
  }
}
