"""Variables of the shell do not change what Terraform plans: real terraform, without providers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfinfra.engines.terraform import environment
from mfinfra.engines.terraform.program import Terraform
from tests.doubles.configuration import OTHER_PROJECT

MAIN = """
variable "name" {
  default = "demo"
}
resource "terraform_data" "this" {
  input = var.name
}
output "name" {
  value = terraform_data.this.output
}
"""


@pytest.fixture
def deployed(terraform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terraform:
    """A stack of one resource, deployed from a shell without variables."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/dev/null")
    (tmp_path / "main.tf").write_text(MAIN)
    found = Terraform(tmp_path)
    found.init()
    found.plan("demo", tmp_path / "first.tfplan")
    found.apply(tmp_path / "first.tfplan", lambda _: None)
    return found


def test_a_shell_of_another_project_plans_no_change(
    deployed: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in OTHER_PROJECT.items():
        monkeypatch.setenv(name, value)
    again = Terraform(tmp_path)
    again.init()
    assert again.plan("demo", tmp_path / "second.tfplan").changes == ()
    again.renew({})
    assert again.outputs() == {"name": "demo"}
    assert not (tmp_path / "other-project").exists()


@pytest.mark.parametrize(
    "name",
    [
        *OTHER_PROJECT,
        "TF_CLI_ARGS_force_unlock",
        "TF_CLI_ARGS_of_a_later_command",
        "TF_VAR_kubernetes_token",
        "TF_AWS_IGNORE_TAGS_KEY_PREFIXES",
        "TF_OF_A_LATER_VERSION",
        "KUBE_CONFIG_PATH",
        "HELM_NAMESPACE",
        "GOOGLE_ENCRYPTION_KEY",
    ],
)
def test_what_changes_a_plan_is_dropped_and_named(name: str) -> None:
    assert name not in environment.of_terraform({name: "x"}, {})
    assert environment.ignored([name, "HOME"]) == [name]
    assert environment.of_terraform({name: "x"}, {name: "of mfinfra"})[name] == "of mfinfra"


@pytest.mark.parametrize(
    "name",
    [
        "TF_CLI_CONFIG_FILE",
        "TF_PLUGIN_CACHE_DIR",
        "TF_REATTACH_PROVIDERS",
        "TF_TOKEN_app_terraform_io",
        "TF_REGISTRY_CLIENT_TIMEOUT",
        "TF_ENCRYPTION",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "ARM_CLIENT_ID",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "HELM_REGISTRY_CONFIG",
        "KUBECONFIG",
        "HTTPS_PROXY",
    ],
)
def test_credentials_endpoints_and_caches_are_kept(name: str) -> None:
    assert environment.of_terraform({name: "x"}, {})[name] == "x"
    assert environment.ignored([name]) == []


def test_logs_of_terraform_are_dropped_without_a_word() -> None:
    assert "TF_LOG" not in environment.of_terraform({"TF_LOG": "trace", "TF_LOG_PATH": "x"}, {})
    assert environment.ignored(["TF_LOG", "TF_LOG_PATH", "TF_INPUT"]) == []
