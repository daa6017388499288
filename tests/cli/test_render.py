"""What is rendered: the same every time, with nothing in it that a user wrote but values, and nothing a module lacks."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.stackfiles import ACCOUNTS, AZURE, BATCH, EKS, GCP, MARK, SHAPES

from mfinfra.errors import MfinfraError, Refused, StackFileError
from mfinfra.render import cloudformation, templates, workspace
from mfinfra.render import files as render
from mfinfra.render import tfvars as values
from mfinfra.stackfile import component_versions as versions
from mfinfra.stackfile import load, presets, sections
from mfinfra.stackfile import schema as stackfile_schema
from mfinfra.stackfile.yaml_reader import Document, read
from mfruntime.settings import SETTINGS

ROOT = Path(__file__).parents[2]
REGIONS = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "europe-west1"}
VALUES_OF_USERS = {render.VALUES, render.BACKEND, render.PARAMETERS}


def config(**said: Any) -> stackfile_schema.StackConfig:
    return load.validated(Document({"cloud": "aws", "region": "eu-west-1", **said}, {}, ""))


CONFIGS = {path.stem: load.validated(read(path)) for path in sorted((ROOT / "examples/stacks").glob("*.yaml"))}
CONFIGS |= {
    f"{preset}-{region}": config(region=region, preset=preset)
    for preset in presets.PRESETS
    for region in ("us-east-1", "cn-north-1", "us-gov-west-1")
}
CONFIGS |= {
    f"{cloud}-{preset}-cluster": config(cloud=cloud, region=region, preset=preset, compute="kubernetes")
    for cloud, region in REGIONS.items()
    for preset in presets.PRESETS
}
CONFIGS |= {
    f"{shape}-{case}": load.validated(Document(said, {}, ""))
    for shape, pair in SHAPES.items()
    for case, said in zip(("full", "guest"), pair, strict=True)
}
BATCHES = {name: stack for name, stack in CONFIGS.items() if stack.compute.backend == "batch"}
every = pytest.mark.parametrize("name", CONFIGS)


def engines_of(name: str) -> tuple[str, ...]:
    return ("terraform", "cloudformation") if name in BATCHES else ("terraform",)


def by_terraform(name: str, account: str | None = None) -> dict[str, str]:
    return render.render(CONFIGS[name].model_copy(update={"engine": "terraform"}), account)


def root(files: dict[str, str]) -> dict[str, str]:
    """The root's own files of Terraform."""
    return {name: text for name, text in files.items() if "/" not in name and name.endswith(".tf")}


def blocks(text: str, kind: str) -> dict[str, str]:
    """The blocks of a kind at the top of a file of HCL, by name."""
    return dict(re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text, re.M | re.S))


@every
def test_rendering_is_the_same_every_time(name: str) -> None:
    for engine in engines_of(name):
        stack = CONFIGS[name].model_copy(update={"engine": engine})
        account = ACCOUNTS[stack.cloud]
        assert render.render(stack, account) == render.render(stack, account)


#: Variables that no stack file has a value for: the token of the cluster is of the moment.
OF_THE_MOMENT = {"kubernetes_token", "kubernetes_token_command"}
#: What some roots decide by what they hold, so that nothing in them asks for the value.
UNREAD = {
    "aws": {"orchestrator"},
    "azure": {"orchestrator", "deletion_protection"},
    "gcp": {"orchestrator"},
}


@every
def test_every_variable_of_the_root_has_a_value_and_every_value_a_variable(name: str) -> None:
    for account in (None, ACCOUNTS[CONFIGS[name].cloud]):
        files = by_terraform(name, account)
        declared, values = blocks(files["variables.tf"], "variable"), json.loads(files[render.VALUES])
        assert set(declared) - OF_THE_MOMENT == set(values)
        for key, block in declared.items():
            names = set(re.findall(r"^ {4}(\w+) +=", block, re.M))
            if "map(object({" in block and "= object({" not in block:
                assert all(names == set(value) for value in values[key].values()), key
            elif "object({" in block:
                assert names == set(values[key]), key
        used = set(re.findall(r"\bvar\.(\w+)", "".join(root(files).values())))
        assert used <= set(declared)
        assert set(declared) - used <= UNREAD[CONFIGS[name].cloud]


def called(files: dict[str, str]) -> dict[str, tuple[str, set[str]]]:
    """The modules that a root calls, by label: which they are, and what they are given."""
    found = {}
    for text in root(files).values():
        for label, body in blocks(text, "module").items():
            (source,) = re.findall(r'^  source += "\./modules/(\w+/\w+)"$', body, re.M)
            given = set(re.findall(r"^  (\w+) +=", body, re.M)) - {"source", "depends_on", "for_each"}
            found[label] = (source, given)
    return found


def declared_by(files: dict[str, str], source: str) -> dict[str, bool]:
    """The variables of a module, and whether it must be given one."""
    text = files[f"modules/{source}/variables.tf"]
    return {name: not re.search(r"^  default", body, re.M) for name, body in blocks(text, "variable").items()}


def outputs_of(files: dict[str, str], source: str) -> set[str]:
    return set(blocks(files[f"modules/{source}/outputs.tf"], "output"))


@every
def test_modules_are_called_with_what_they_declare_and_asked_for_what_they_give(name: str) -> None:
    files = by_terraform(name)
    modules = called(files)
    for label, (source, passed) in modules.items():
        declared = declared_by(files, source)
        assert {name for name, is_needed in declared.items() if is_needed} <= passed <= set(declared), label
    text = "".join(root(files).values())
    for label, output in re.findall(r"\bmodule\.(\w+)(?:\[[^\]]*\])?\.(\w+)", text):
        assert output in outputs_of(files, modules[label][0]), f"module.{label}.{output}"
    sources = {source for source, _ in modules.values()}
    assert {"/".join(path.split("/")[1:3]) for path in files if path.startswith("modules/")} == sources
    claimed = re.findall(r"^    module\.(\w+)\.runtime_config,$", files["main.tf"], re.M)
    speaking = [label for label, (source, _) in modules.items() if "runtime_config" in outputs_of(files, source)]
    assert sorted(claimed) == sorted(speaking)


#: What a module lets its caller choose and no stack file reaches: for who uses the module by itself.
KNOBS = {
    "aws/eks": {"system_machine_types"},
    "aws/key": {"deletion_window_days"},
    "azure/aks": {"system_pool"},
    "azure/key": {"rotation_days"},
    "gcp/gke": {"release_channel", "system_machine_type"},
    "kubernetes/argo_events": {"metrics"},
    "kubernetes/argo_workflows": {"metrics", "ui_url", "workflow_days"},
    "kubernetes/autoscaler": {"metrics", "service_account"},
    "kubernetes/metadata": {"max_replicas"},
    "kubernetes/storage": {"name"},
    "kubernetes/ui": {"cache_gb", "memory"},
}


def test_every_module_is_in_some_stack_and_reached_by_stack_files() -> None:
    given: dict[str, set[str]] = {}
    declared: dict[str, set[str]] = {}
    for name in CONFIGS:
        files = by_terraform(name)
        for source, names in called(files).values():
            given.setdefault(source, set()).update(names)
            declared[source] = set(declared_by(files, source))
    there = {f"{cloud}/{noun}" for cloud in (*REGIONS, "kubernetes") for noun in templates.modules(cloud)}
    assert set(declared) == there
    left = {source: names - given[source] for source, names in declared.items()}
    assert {source: names for source, names in left.items() if names} == KNOBS


def test_every_variable_and_output_of_the_templates_is_described() -> None:
    paths = [*(ROOT / "terraform").rglob("*.tf"), *(ROOT / "terraform").rglob("*.tf.j2")]
    assert len(paths) > 30
    for path in paths:
        for block in re.findall(r'^(?:variable|output) "\w+" \{\n(.*?)^\}', path.read_text(), re.M | re.S):
            assert re.match(r"  description = \".{5,}\"\n", block), f"{path}: {block[:60]}"


#: What in the providers' file holds a stack to its account.
HELD = {
    "aws": "allowed_account_ids = [var.account]",
    "azure": "subscription_id = var.account",
    "gcp": "project        = var.account",
}


def state_of(stack: stackfile_schema.StackConfig) -> dict[str, Any]:
    """Where the state of a stack lies, as Terraform's backends are told."""
    account, key = ACCOUNTS[stack.cloud], f"stacks/{stack.name}/terraform.tfstate"
    if stack.cloud == "aws":
        bucket = f"mfinfra-state-{account}-{stack.region}"
        return {"s3": {"bucket": bucket, "key": key, "region": stack.region, "encrypt": True, "use_lockfile": True}}
    if stack.cloud == "gcp":
        return {"gcs": {"bucket": f"mfinfra-state-{account}", "prefix": f"stacks/{stack.name}"}}
    container = {"resource_group_name": "mfinfra-state", "container_name": "states", "use_azuread_auth": True}
    storage = f"mfinfra{hashlib.sha256(account.encode()).hexdigest()[:17]}"
    return {"azurerm": {**container, "subscription_id": account, "storage_account_name": storage, "key": key}}


@every
def test_the_state_lies_in_the_account_where_that_is_known(name: str) -> None:
    stack = CONFIGS[name]
    assert render.BACKEND not in by_terraform(name)
    assert HELD[stack.cloud] not in by_terraform(name)["providers.tf"]
    files = by_terraform(name, ACCOUNTS[stack.cloud])
    assert HELD[stack.cloud] in files["providers.tf"]
    assert json.loads(files[render.BACKEND])["terraform"]["backend"] == state_of(stack)


@every
def test_only_an_unprotected_sandbox_goes_with_what_is_in_it(name: str) -> None:
    stack = CONFIGS[name]
    assert json.loads(by_terraform(name)[render.VALUES])["force_destroy"] == (stack.preset == "sandbox")
    protected = stack.model_copy(update={"deletion_protection": True})
    assert not values.of(protected, None)["force_destroy"]


def test_versions_are_in_one_place() -> None:
    assert sections.METADATA_IMAGE == versions.METADATA_IMAGE
    files = by_terraform("aws-everything")
    assert f'version = "{versions.AWS_PROVIDER}"' in files["versions.tf"]
    assert f'required_version = ">= {versions.TERRAFORM}"' in files["versions.tf"]
    for image in (versions.UI_BACKEND_IMAGE, versions.UI_STATIC_IMAGE):
        assert f'"{image}"' in files["main.tf"]


def test_charts_and_the_applications_in_them_agree() -> None:
    """The charts were read in the versions of component_versions.py, and contain the applications that it names."""
    read = (ROOT / "tests" / "doubles" / "helm" / "keys.txt").read_text()
    for chart, (version, application) in versions.CHART_APPLICATIONS.items():
        header = next(line for line in read.splitlines() if line.startswith(f"[{chart}]"))
        assert f"(version {version}, appVersion {application})" in header.replace("appVersion v", "appVersion ")
    assert versions.JETSTREAM.split(".") > ["2", "11"]  # 2.10 is no longer supported


def test_the_days_of_support_have_a_source_and_the_day_when_it_was_read() -> None:
    from datetime import date

    assert set(versions.KUBERNETES_SOURCES) == set(versions.KUBERNETES_SUPPORT)
    for url, day in versions.KUBERNETES_SOURCES.values():
        assert url.startswith("https://")
        assert date(2026, 11, 1) <= date.fromisoformat(day) <= date.today()
    for path in (ROOT / "terraform/modules").rglob("versions.tf"):
        assert f'required_version = ">= {versions.TERRAFORM}"' in path.read_text()


@every
def test_versions_of_a_root_are_those_of_the_one_place(name: str) -> None:
    """Providers, charts and images: what a root writes down is in component_versions.py, and nothing else is written down."""
    known = {value for value in vars(versions).values() if isinstance(value, str)} | set(
        versions.AUTOSCALER_IMAGES.values()
    )
    texts = root(by_terraform(name))
    providers = re.findall(r'^ {6}version = "(.*)"$', texts["versions.tf"], re.M)
    assert providers
    written = re.findall(
        r'^ *(?!required_|api_)\w*(?:version|image|image_tag) += "([^"$]+)"', "".join(texts.values()), re.M
    )
    assert set(providers) | set(written) <= known


#: Settings that only stock Metaflow and later runtimes read; an interop test asks stock whether it knows them.
STOCK = {
    f"METAFLOW_{name}"
    for name in (
        "AWS_SECRETS_MANAGER_DEFAULT_REGION", "BATCH_DEFAULT_TAGS", "BATCH_EMIT_TAGS", "BATCH_JOB_QUEUE", "CARD_S3ROOT",
        "CONDA_PACKAGE_S3ROOT", "DATASTORE_SYSROOT_S3", "DATATOOLS_S3ROOT", "DEFAULT_CONTAINER_IMAGE", "DEFAULT_CONTAINER_REGISTRY",
        "DEFAULT_SECRETS_BACKEND_TYPE", "ECS_FARGATE_EXECUTION_ROLE", "ECS_S3_ACCESS_IAM_ROLE", "EVENTS_SFN_ACCESS_IAM_ROLE",
        "S3_SERVER_SIDE_ENCRYPTION", "SERVICE_INTERNAL_URL", "SERVICE_URL", "SFN_COMPRESS_STATE_MACHINE", "SFN_DYNAMO_DB_TABLE",
        "SFN_EXECUTION_LOG_GROUP_ARN", "SFN_IAM_ROLE", "SFN_S3_DISTRIBUTED_MAP_OUTPUT_PATH", "SFN_STATE_MACHINE_PREFIX", "UI_URL",
        "AIRFLOW_KUBERNETES_STARTUP_TIMEOUT_SECONDS", "ARGO_WORKFLOWS_UI_URL", "AZURE_KEY_VAULT_PREFIX", "AZURE_STORAGE_WORKLOAD_TYPE",
        "CARD_AZUREROOT", "CARD_GSROOT", "CONDA_PACKAGE_AZUREROOT", "CONDA_PACKAGE_GSROOT", "DATATOOLS_AZUREROOT", "DATATOOLS_GSROOT",
        "GCP_SECRET_MANAGER_PREFIX", "KUBERNETES_LABELS", "KUBERNETES_NAMESPACE", "KUBERNETES_NODE_SELECTOR", "KUBERNETES_SERVICE_ACCOUNT",
        "KUBERNETES_TOLERATIONS",
    )
}  # fmt: skip
#: What our compiler for Argo reads; stock has no such setting.
OURS = {"METAFLOW_ARGO_WORKFLOWS_USE_SCHEDULES"}


def settings_of_modules() -> set[str]:
    outputs = (ROOT / "terraform/modules").rglob("outputs.tf")
    return {name for path in outputs for name in re.findall(r"\b(METAFLOW_\w+) +=", path.read_text())}


def test_settings_of_a_stack_are_settings_that_somebody_reads() -> None:
    ours = {setting.name for setting in SETTINGS}
    assert settings_of_modules() <= ours | STOCK | OURS


@pytest.mark.interop
@pytest.mark.skipif("MFINFRA_STOCK_PYTHON" not in os.environ, reason="MFINFRA_STOCK_PYTHON names no stock Metaflow")
def test_stock_metaflow_knows_the_settings_of_a_stack() -> None:
    import subprocess

    code = "import metaflow; print(metaflow.__path__[0])"
    folder = subprocess.run(
        [os.environ["MFINFRA_STOCK_PYTHON"], "-c", code], check=True, capture_output=True, text=True
    )
    read_by_stock = set()
    for path in Path(folder.stdout.strip()).rglob("*.py"):
        read_by_stock |= set(re.findall(r'from_conf\(\s*"(\w+)"', path.read_text(encoding="utf-8", errors="replace")))
    assert settings_of_modules() - OURS <= {f"METAFLOW_{name}" for name in read_by_stock}


# What a user writes

Place = tuple[Any, ...]


def text_places(node: Any, place: Place = ()) -> Iterator[Place]:
    """Where in a stack file a text stands."""
    if isinstance(node, str):
        yield place
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, below in pairs:
        yield from text_places(below, (*place, key))


PLACES = [(base, place) for pair in SHAPES.values() for base in pair for place in text_places(base)]


def kind_of(place: Place) -> Place:
    return tuple("*" if isinstance(part, int) else part for part in place)


def fields() -> set[Place]:
    """Every text of the schema; the pool of the shapes stands for any."""
    found = {
        tuple("cpu" if part == "{}" else part for part in place)
        for place in text_fields(stackfile_schema.json_schema())
    }
    return found - {("tags", "cpu")}


def test_every_text_that_a_stack_file_can_have_is_tried() -> None:
    assert fields() <= {kind_of(place) for _, place in PLACES}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_that_is_not_tried_on_a_cloud_is_refused_there_by_its_name(shape: str) -> None:
    """What another shape says in its place, laid into this one."""
    tried = {kind_of(place) for base in SHAPES[shape] for place in text_places(base)}
    others = {kind_of(place): (base, place) for base, place in PLACES}
    for kind in sorted(fields() - tried):
        said, place = laid(SHAPES[shape][0], *others[kind])
        with pytest.raises(StackFileError, match=re.escape(".".join(map(str, place)))):
            load.validated(Document(said, {}, "mfinfra.yaml"))


def laid(into: dict[str, Any], base: dict[str, Any], place: Place) -> tuple[dict[str, Any], Place]:
    """A stack file with what stands at a place of another; sections and lists that it has not are taken whole."""
    changed = copy.deepcopy(into)
    node: Any = changed
    source: Any = base
    for depth, part in enumerate(place):
        if part not in node or not isinstance(node[part], dict):
            node[part] = source[part]
            return changed, place[: depth + 1]
        node, source = node[part], source[part]
    raise AssertionError(f"{place} is no text")


def text_fields(schema: dict[str, Any]) -> Iterator[Place]:
    """Where the schema allows text; `*` is any place of a list, `{}` any key."""

    def walk(node: dict[str, Any], place: Place) -> Iterator[Place]:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
        for way in [*node.get("anyOf", ()), *node.get("allOf", ())]:
            yield from walk(way, place)
        if node.get("type") == "string":
            yield place
        for key, below in node.get("properties", {}).items():
            yield from walk(below, (*place, key))
        if isinstance(node.get("items"), dict):
            yield from walk(node["items"], (*place, "*"))
        for below in [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]:
            if isinstance(below, dict):
                yield from walk(below, (*place, "{}"))

    yield from walk(schema, ())


def replaced(base: dict[str, Any], place: Place, value: str) -> dict[str, Any]:
    changed = copy.deepcopy(base)
    node: Any = changed
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    return changed


def renamed(base: dict[str, Any], place: Place, key: str) -> dict[str, Any]:
    changed = copy.deepcopy(base)
    node: Any = changed
    for part in place[:-1]:
        node = node[part]
    node[key] = node.pop(place[-1])
    return changed


CODE = st.lists(
    st.sampled_from(["${", "%{", "{{", "{%", "<<", "<%", "}", "}}", '"', "'", "\\", "\n", "\r\n", "\t", "#", "//", "`", "$(id)", ";", "!Sub ",
                     "&a ", "*a", ": ", "- ", "]", "EOT\n", "path.root", "file(\"/etc/passwd\")", "\u2028", "\x00", "é", " ", "a", "0"]),
    min_size=1, max_size=6,
).map("".join)  # fmt: skip


def check_only_values(said: dict[str, Any], is_structure: bool = False) -> bool:
    """Whether a stack file is accepted; then nothing that it says is in what is rendered, but as a value."""
    try:
        stack = load.validated(Document(said, {}, ""))
    except StackFileError as exc:
        assert "Traceback" not in exc.message
        return False
    has_both = not is_structure and stack.compute.backend == "batch"
    for engine in ("terraform", "cloudformation") if has_both else ("terraform",):
        files = render.render(stack.model_copy(update={"engine": engine}), ACCOUNTS[stack.cloud])
        for name, text in files.items():
            assert name in VALUES_OF_USERS or MARK not in text.lower(), name
        for name in VALUES_OF_USERS & set(files):
            json.loads(files[name])
    return True


@pytest.mark.parametrize("shape", SHAPES)
def test_texts_of_every_field_are_values_and_nothing_else(shape: str) -> None:
    for base in SHAPES[shape]:
        load.validated(Document(base, {}, ""))
        assert check_only_values(base)


many = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(st.sampled_from(PLACES), CODE, st.booleans(), st.booleans())
def test_code_in_a_value_is_refused_or_stays_a_value(where: Any, code: str, keep: bool, first: bool) -> None:
    base, place = where
    node: Any = base
    for part in place:
        node = node[part]
    parts = [code, MARK, code] if first else [MARK, code]
    check_only_values(replaced(base, place, (node if keep else "") + "".join(parts)))


@many
@given(
    st.sampled_from(
        [
            (BATCH, ("tags", f"{MARK}key")),
            (BATCH, ("compute", "pools", "cpu")),
            (BATCH, ("metadata",)),
            (BATCH, ("ui", "oidc", "issuer")),
            *((base, ("tags", f"{MARK}key")) for base in (EKS, AZURE, GCP)),
            *((base, ("compute", "pools", "cpu")) for base in (EKS, AZURE, GCP)),
            *((base, ("kubernetes", "namespaces", MARK)) for base in (EKS, AZURE, GCP)),
        ]
    ),
    CODE,
)
def test_code_in_a_key_is_refused_or_stays_a_value(where: Any, code: str) -> None:
    base, place = where
    for key in (MARK + code, code + MARK):
        said = renamed(base, place, key)
        said["compute"]["default"] = next(iter(said["compute"]["pools"]))
        if "kubernetes" in said:
            said["kubernetes"]["default_namespace"] = next(iter(said["kubernetes"]["namespaces"]))
        check_only_values(said, is_structure=place[:2] == ("compute", "pools"))


def test_a_value_that_looks_like_code_travels_whole() -> None:
    """What the schema allows least: a tag, and an image by its digest."""
    tags = {"Cost centre": "a/b_c.d:e=f+g-h@i"}
    values = json.loads(render.render(config(tags=tags, engine="terraform"))[render.VALUES])
    assert values["tags"]["Cost centre"] == tags["Cost centre"]


def test_what_cloudformation_cannot_do_is_refused_before_anything_is_written() -> None:
    said = {"engine": "cloudformation", "metadata": {"backup_days": 0, "high_availability": True}}
    with pytest.raises(Refused, match="standby"):
        render.render(config(**said))


#: The command in the README of a workspace, by engine.
COMMANDS = {"terraform": "terraform apply", "cloudformation": "aws cloudformation deploy"}


@every
def test_the_readme_of_a_workspace_has_the_commands_to_deploy_it(name: str) -> None:
    stack = CONFIGS[name]
    for engine in engines_of(name):
        text = render.render(stack.model_copy(update={"engine": engine}))["README.md"]
        prose = re.sub(r"^    .*$", "", text, flags=re.M)
        assert f"\n    {COMMANDS[engine]}" in text
        assert ("get-api-key" in text) == (stack.metadata.api == "public")
        assert ("TF_VAR_kubernetes_token=" in text) == (stack.cloud != "aws")
        assert ("TF_VAR_kubernetes_token_command" in text) == (
            stack.cloud == "aws" and stack.compute.backend == "kubernetes"
        )
        assert ("deletion protection" in text) == stack.deletion_protection
        assert "{" not in prose.replace("{}", "")
        assert "{%" not in text
        assert "\n\n\n" not in text
        assert text.endswith(".\n")


def test_parameters_are_those_of_the_template() -> None:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_multi_constructor("!", lambda loader, suffix, node: suffix)
    for stack in BATCHES.values():
        values = stack.model_dump()
        template = yaml.load(cloudformation.render(values, templates.cloudformation_folder()))
        given = cloudformation.parameters(values)
        assert set(template["Parameters"]) == set(given)
        shown = [
            name
            for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
            for name in group["Parameters"]
        ]
        assert sorted(shown) == sorted(given)
        settings = template["Metadata"]["mfinfra"]["settings"]
        assert settings == cloudformation.settings(values)
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

    from mfinfra.render.cloudformation_parameters import subnets

    private, public = subnets(cidr, zones)
    blocks = [ipaddress.ip_network(text) for text in private + public]
    assert len(blocks) == 2 * zones
    assert all(a == b or not a.overlaps(b) for a in blocks for b in blocks)
    assert all(block.subnet_of(ipaddress.ip_network(cidr)) for block in blocks)  # type: ignore[arg-type]
    assert all(block.prefixlen <= 27 for block in blocks)  # what a load balancer needs


def test_both_engines_give_the_same_settings() -> None:
    for example, stack in BATCHES.items():
        modules = by_terraform(example)
        in_terraform = set()
        for name, text in modules.items():
            if name.endswith("/outputs.tf"):
                in_terraform |= set(re.findall(r"^    (METAFLOW_\w+) +=", text, re.M)) | set(
                    re.findall(r"\{ (METAFLOW_\w+) =", text)
                )
        in_cloudformation = set(cloudformation.settings(stack.model_dump()).values())
        optional = {"METAFLOW_DEFAULT_CONTAINER_REGISTRY", "METAFLOW_DEFAULT_CONTAINER_IMAGE"}
        if stack.datastore.kms != "managed":  # the module gives it only without a key; text alone does not show that
            in_terraform.discard("METAFLOW_S3_SERVER_SIDE_ENCRYPTION")
        assert in_terraform - optional == in_cloudformation - optional, example


# The folder that files are written to


def tree(folder: Path) -> dict[str, str]:
    """What is in a folder, without the list of our files."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != workspace.MANIFEST]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


@pytest.mark.parametrize("foreign", ["mine.txt", "terraform.tfstate"])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, foreign: str) -> None:
    (tmp_path / foreign).write_text("mine")
    with pytest.raises(Refused):
        workspace.write({"main.tf": "x"}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [foreign]
    workspace.write({"main.tf": "x"}, tmp_path, force=True)
    assert tree(tmp_path) == {foreign: "mine", "main.tf": "x"}


def test_a_folder_of_another_stack_is_left_alone(tmp_path: Path) -> None:
    workspace.write({"main.tf": "first"}, tmp_path, stack="first")
    with pytest.raises(Refused, match="'first'"):
        workspace.write({"main.tf": "second"}, tmp_path, stack="second")
    assert tree(tmp_path) == {"main.tf": "first"}
    assert workspace.write({"main.tf": "first"}, tmp_path, stack="first").changed is False
    workspace.write({"main.tf": "second"}, tmp_path, force=True, stack="second")
    assert tree(tmp_path) == {"main.tf": "second"}


def test_a_file_of_somebody_else_in_the_way_is_left_alone(tmp_path: Path) -> None:
    workspace.write({"main.tf": "1"}, tmp_path)
    (tmp_path / "extra.tf").write_text("mine")
    with pytest.raises(Refused, match=r"extra\.tf"):
        workspace.write({"main.tf": "2", "extra.tf": "ours"}, tmp_path)
    assert tree(tmp_path) == {"main.tf": "1", "extra.tf": "mine"}
    workspace.write({"main.tf": "2"}, tmp_path)
    assert tree(tmp_path) == {"main.tf": "2", "extra.tf": "mine"}


def test_what_is_not_rendered_any_more_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    assert workspace.write({"a.tf": "1", "modules/x/b.tf": "2", "modules/y/c.tf": "3"}, folder).changed
    (folder / ".terraform.lock.hcl").write_text("lock")
    (folder / "mine.tf").write_text("mine")
    (folder / "modules/y/mine.tf").write_text("mine")
    assert workspace.write({"a.tf": "1"}, folder).changed
    assert not (folder / "modules/x").exists()
    assert tree(folder) == {"a.tf": "1", ".terraform.lock.hcl": "lock", "mine.tf": "mine", "modules/y/mine.tf": "mine"}


def test_what_is_the_same_is_not_written(tmp_path: Path) -> None:
    files = {"a.tf": "1\r\n2é\n", "modules/x/b.tf": "2", render.VALUES: "{}"}
    first = workspace.write(files, tmp_path, stack="demo")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = workspace.write(dict(reversed(files.items())), tmp_path, stack="demo")
    assert (first.changed, again.changed) == (True, False)
    assert first.digest == again.digest == workspace.digest(files)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert (tmp_path / "a.tf").read_bytes() == files["a.tf"].encode()
    (tmp_path / "a.tf").write_text("by hand")
    assert workspace.write(files, tmp_path, stack="demo").changed
    assert (tmp_path / "a.tf").read_bytes() == files["a.tf"].encode()


@pytest.mark.parametrize("moment", range(8))
def test_a_write_that_is_cut_is_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    before = {"a.tf": "1", "old/b.tf": "2"}
    after = {"a.tf": "1'", "new/c.tf": "3", "new/d.tf": "4"}
    workspace.write(before, tmp_path)
    (tmp_path / "mine.tf").write_text("mine")
    real, left = workspace.write_bytes, [moment]

    def cut(path: Path, content: bytes, mode: int | None = None) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        real(path, content, mode)

    monkeypatch.setattr(workspace, "write_bytes", cut)
    if moment < 5:  # the list, three files, the list
        with pytest.raises(KeyboardInterrupt):
            workspace.write(after, tmp_path)
    monkeypatch.setattr(workspace, "write_bytes", real)
    for files in (after, before):
        workspace.write(files, tmp_path)
        assert tree(tmp_path) == {**files, "mine.tf": "mine"}


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "", ".", "..\\x", "a\0b"])
def test_a_list_of_files_cannot_lead_out_of_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / workspace.MANIFEST).write_text(json.dumps({"files": [path]}))
    with pytest.raises(MfinfraError):
        workspace.write({"a.tf": "1"}, folder)
    assert tree(folder) == {}


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "stack"
    outside.mkdir()
    (outside / "b.tf").write_text("theirs")
    workspace.write({"a.tf": "1", "modules/b.tf": "2"}, folder)
    (folder / "modules/b.tf").unlink()
    (folder / "modules").rmdir()
    (folder / "modules").symlink_to(outside)
    (folder / "a.tf").unlink()
    (folder / "a.tf").symlink_to(outside / "b.tf")
    for files in ({"a.tf": "1"}, {"a.tf": "1", "modules/b.tf": "2"}):
        with pytest.raises(Refused, match="link"):
            workspace.write(files, folder)
    (folder / "modules").unlink()
    workspace.write({"a.tf": "1"}, folder)
    assert not (folder / "a.tf").is_symlink()
    assert (outside / "b.tf").read_text() == "theirs"


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"files": "a"}', '{"files": [1]}', '{"files": [], "stack": 3}', "\x00"]
)
def test_a_corrupt_list_of_files_is_one_clear_line(tmp_path: Path, content: str) -> None:
    (tmp_path / workspace.MANIFEST).write_text(content)
    with pytest.raises(MfinfraError, match="is corrupt") as caught:
        workspace.write({"a.tf": "1"}, tmp_path)
    assert "\n" not in caught.value.message


def test_a_file_in_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "stack").write_text("mine")
    with pytest.raises(MfinfraError):
        workspace.write({"a.tf": "1"}, tmp_path / "stack")
    assert (tmp_path / "stack").read_text() == "mine"


@pytest.mark.parametrize("engine", ["terraform", "cloudformation"])
def test_values_are_not_for_others(tmp_path: Path, engine: str) -> None:
    files = render.render(config(engine=engine))
    path = tmp_path / (render.VALUES if engine == "terraform" else render.PARAMETERS)
    workspace.write(files, tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(0o644)
    workspace.write(files, tmp_path)
    assert path.stat().st_mode & 0o077 == 0


def test_render_and_validate_need_nothing(tmp_path: Path) -> None:
    import sys

    from tests.programs import run_program

    (tmp_path / "mfinfra.yaml").write_text((ROOT / "examples/stacks/aws-team.yaml").read_text())
    env = {"PATH": os.path.dirname(sys.executable), "AWS_ACCESS_KEY_ID": "", "MFINFRA_TERRAFORM": "none"}
    call = run_program([sys.executable, "-m", "mfinfra", "render", "--out", "out"], tmp_path, **env)
    assert call.code == 0, call.text
    assert (tmp_path / "out" / "main.tf").is_file()
    call = run_program([sys.executable, "-m", "mfinfra", "validate"], tmp_path, **env)
    assert call.code == 0, call.text
    assert "skipped" in call.out


@pytest.mark.parametrize(("cloud", "name"), [("aws", "Aws"), ("azure", "Azure"), ("gcp", "Gcp")])
def test_up_installs_what_the_runtime_needs_on_a_cloud(cloud: str, name: str) -> None:
    from importlib import import_module

    found = getattr(import_module(f"mfinfra.clouds.{cloud}.cloud"), name).requirements
    (line,) = re.findall(rf"^{cloud} = (\[.*\])$", (ROOT / "runtime" / "pyproject.toml").read_text(), re.M)
    assert sorted(found) == sorted(json.loads(line))
