"""What is rendered: the same every time, with nothing in it that a user wrote but values, and nothing a module lacks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mfinfra import catalog, cfn_template, render, stackfile, workspace
from mfinfra.errors import MfinfraError, Refused
from mfinfra.yamlfile import Document, read

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "stacks").glob("*.yaml"))


def example(name: str) -> stackfile.StackConfig:
    return stackfile.validated(read(ROOT / "examples" / "stacks" / f"{name}.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_rendering_is_the_same_every_time(path: Path) -> None:
    config = stackfile.validated(read(path))
    assert render.render(config, "123456789012") == render.render(config, "123456789012")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_variable_of_the_root_has_a_value_and_every_value_a_variable(path: Path) -> None:
    config = stackfile.validated(read(path)).model_copy(update={"engine": "terraform"})
    for account in (None, "123456789012"):
        files = render.render(config, account)
        declared = set(re.findall(r'^variable "(\w+)"', files["variables.tf"], re.M))
        assert declared == set(json.loads(files[render.VALUES]))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_modules_are_called_with_what_they_declare(path: Path) -> None:
    config = stackfile.validated(read(path)).model_copy(update={"engine": "terraform"})
    files = render.render(config)
    for _name, noun, body in re.findall(
        r'^module "(\w+)" \{\n  source = "./modules/aws/(\w+)"\n(.*?)^\}', files["main.tf"], re.M | re.S
    ):
        given = set(re.findall(r"^  (\w+) +=", body, re.M))
        text = files[f"modules/aws/{noun}/variables.tf"]
        blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.M | re.S)
        needed = {variable for variable, block in blocks if not re.search(r"^  default", block, re.M)}
        assert needed <= given <= {variable for variable, _ in blocks}


def test_every_variable_and_output_of_the_modules_is_described() -> None:
    for path in (ROOT / "terraform" / "modules").rglob("*.tf"):
        for block in re.findall(r'^(?:variable|output) "\w+" \{\n(.*?)^\}', path.read_text(), re.M | re.S):
            assert re.match(r"  description = \".{5,}\"\n", block), f"{path}: {block[:60]}"


MARK = "zzmark"
TEXTS = {
    "name": f"{MARK}name",
    "permissions_boundary": f"arn:aws:iam::123456789012:policy/{MARK}",
    "tags": {f"{MARK}key": f"{MARK}value"},
    "datastore": {"bucket": f"{MARK}-bucket", "kms": f"arn:aws:kms:eu-west-1:123456789012:key/{MARK}"},
    "metadata": {"image": f"{MARK}/image:1", "database": {"host": f"{MARK}.example.com", "name": MARK, "secret": f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{MARK}", "security_group": "sg-0123abcd"}},
    "ui": {"enabled": True, "domain": f"{MARK}.example.com", "certificate": f"arn:aws:acm:eu-west-1:123456789012:certificate/{MARK}", "cognito_prefix": MARK},
    "registry": {"enabled": True, "image": MARK},
    "secrets": {"allow": [f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{MARK}*"]},
}  # fmt: skip


@pytest.mark.parametrize("engine", ["terraform", "cloudformation"])
def test_no_text_of_the_user_is_in_what_is_rendered_but_as_a_value(engine: str) -> None:
    given: dict[str, Any] = {"cloud": "aws", "region": "eu-west-1", "engine": engine, **TEXTS}
    files = render.render(stackfile.validated(Document(given, {}, "")), "123456789012")
    allowed = {render.VALUES, render.BACKEND, "parameters.json"}
    for name, text in files.items():
        assert name in allowed or MARK not in text, name


def test_parameters_are_those_of_the_template() -> None:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_multi_constructor("!", lambda loader, suffix, node: suffix)
    for path in EXAMPLES:
        values = stackfile.validated(read(path)).model_dump()
        template = yaml.load(cfn_template.render(values, catalog.cloudformation_folder()))
        given = cfn_template.parameters(values)
        assert set(template["Parameters"]) == set(given)
        shown = [
            name
            for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
            for name in group["Parameters"]
        ]
        assert sorted(shown) == sorted(given)
        settings = template["Metadata"]["mfinfra"]["settings"]
        assert settings == cfn_template.settings(values)
        assert set(settings) <= set(template["Outputs"])
        for name, value in given.items():
            spec = template["Parameters"][name]
            assert value in spec.get("AllowedValues", [value])
            assert re.fullmatch(spec.get("AllowedPattern", ".*"), value)
            assert spec.get("MinValue", 0) <= (int(value) if "MinValue" in spec else 0) <= spec.get("MaxValue", 1 << 60)


@pytest.mark.parametrize(
    ("cidr", "zones"), [("10.20.0.0/16", 2), ("10.0.0.0/21", 6), ("192.168.0.0/20", 3), ("10.0.0.0/16", 5)]
)
def test_subnets_do_not_overlap_and_are_large_enough(cidr: str, zones: int) -> None:
    import ipaddress

    from mfinfra.cfn_parameters import subnets

    private, public = subnets(cidr, zones)
    blocks = [ipaddress.ip_network(text) for text in private + public]
    assert len(blocks) == 2 * zones
    assert all(a == b or not a.overlaps(b) for a in blocks for b in blocks)
    assert all(block.subnet_of(ipaddress.ip_network(cidr)) for block in blocks)  # type: ignore[arg-type]
    assert all(block.prefixlen <= 27 for block in blocks)  # what a load balancer needs


def test_both_engines_give_the_same_settings() -> None:
    for path in EXAMPLES:
        config = stackfile.validated(read(path))
        modules = render.render(config.model_copy(update={"engine": "terraform"}))
        in_terraform = set()
        for name, text in modules.items():
            if name.endswith("/outputs.tf"):
                in_terraform |= set(re.findall(r"^    (METAFLOW_\w+) +=", text, re.M)) | set(
                    re.findall(r"\{ (METAFLOW_\w+) =", text)
                )
        in_cloudformation = set(cfn_template.settings(config.model_dump()).values())
        optional = {"METAFLOW_DEFAULT_CONTAINER_REGISTRY", "METAFLOW_DEFAULT_CONTAINER_IMAGE"}
        assert in_terraform - optional == in_cloudformation - optional, path.stem


# The folder that files are written to


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused):
        workspace.write({"main.tf": "x"}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_is_not_rendered_any_more_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    assert workspace.write({"a.tf": "1", "modules/x/b.tf": "2"}, folder).changed
    assert not workspace.write({"a.tf": "1", "modules/x/b.tf": "2"}, folder).changed
    (folder / ".terraform.lock.hcl").write_text("lock")
    (folder / "mine.tf").write_text("mine")
    assert workspace.write({"a.tf": "1"}, folder).changed
    assert not (folder / "modules/x/b.tf").exists()
    assert (folder / ".terraform.lock.hcl").read_text() == "lock"
    assert (folder / "mine.tf").read_text() == "mine"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x"])
def test_a_list_of_files_cannot_lead_out_of_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / workspace.MANIFEST).write_text(json.dumps({"files": [path]}))
    with pytest.raises(MfinfraError):
        workspace.write({"a.tf": "1"}, folder)


def test_values_are_not_for_others(tmp_path: Path) -> None:
    workspace.write(render.render(example("aws-sandbox")), tmp_path / "stack")
    assert (tmp_path / "stack" / render.VALUES).stat().st_mode & 0o077 == 0


def test_render_and_validate_need_nothing(tmp_path: Path) -> None:
    import os
    import sys

    from tests.conftest import run_program

    (tmp_path / "mfinfra.yaml").write_text((ROOT / "examples/stacks/aws-team.yaml").read_text())
    env = {"PATH": os.path.dirname(sys.executable), "AWS_ACCESS_KEY_ID": "", "MFINFRA_TERRAFORM": "none"}
    call = run_program([sys.executable, "-m", "mfinfra", "render", "--out", "out"], tmp_path, **env)
    assert call.code == 0, call.text
    assert (tmp_path / "out" / "main.tf").is_file()
    call = run_program([sys.executable, "-m", "mfinfra", "validate"], tmp_path, **env)
    assert call.code == 0, call.text
    assert "skipped" in call.out
