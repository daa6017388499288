"""mfinfra: the infrastructure under Metaflow-style flows, from nothing to a flow that has run."""
