"""The schema of stacks in a cloud: presets, rules between options, what may not change, and nothing that could inject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfinfra.errors import StackFileError
from mfinfra.stackfile import immutable, presets, rules
from mfinfra.stackfile import load as stackfile_load
from mfinfra.stackfile import schema as stackfile_schema
from mfinfra.stackfile.yaml_reader import Document

AWS: dict[str, Any] = {"name": "demo", "cloud": "aws", "region": "eu-west-1"}


def load(**values: Any) -> stackfile_schema.StackConfig:
    return stackfile_load.validated(Document({**AWS, **values}, {}, "mfinfra.yaml"))


def refusal(**values: Any) -> str:
    with pytest.raises(StackFileError) as caught:
        load(**values)
    return caught.value.message


@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-2", "ap-southeast-7", "cn-north-1", "us-gov-west-1"])
def test_presets_are_valid_everywhere(preset: str, region: str) -> None:
    config = load(preset=preset, region=region)
    assert config.partition == rules.partition_of(region)


def test_a_sandbox_costs_nothing_at_rest_and_production_is_protected() -> None:
    sandbox, production = load(preset="sandbox"), load(preset="production")
    assert all(pool.min_vcpus == 0 for pool in sandbox.compute.pools.values())
    assert not sandbox.deletion_protection
    assert production.deletion_protection
    assert production.metadata.high_availability
    assert production.metadata.api == "private"
    assert production.network.nat == "per_zone"
    assert production.metadata.backup_days == 30


def test_a_value_of_the_file_wins_over_the_preset_and_leaves_its_neighbours() -> None:
    config = load(preset="production", metadata={"replicas": 5})
    assert config.metadata.replicas == 5
    assert config.metadata.high_availability


def test_pools_of_the_file_replace_those_of_the_preset() -> None:
    config = load(
        preset="team", compute={"default": "gpu", "pools": {"gpu": {"gpu": True, "instance_types": ["g5.xlarge"]}}}
    )
    assert list(config.compute.pools) == ["gpu"]


VPC = {"vpc": "vpc-0123abcd", "subnets": ["subnet-0123abcd", "subnet-0123abce"]}
DATABASE = {
    "host": "db.example.com",
    "secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
    "security_group": "sg-0123abcd",
}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"region": None}, "requires a region"),
        ({"region": "europe"}, "'europe' is not an AWS region"),
        ({"region": "us-iso-east-1"}, "is not an AWS region"),
        ({"region": "cn-north-1", "partition": "aws"}, "must be aws-cn, the partition"),
        ({"account": "12345"}, "12 digits"),
        ({"people": ["arn:aws:iam::123456789012:role/ada"]}, "people: is for clusters; on AWS Batch, grant access in IAM"),
        ({"kubernetes": {"version": "1.35"}}, "kubernetes.version: version is for a cluster and requires compute: kubernetes"),
        ({"kubernetes": {"high_availability": True}}, "high_availability is for a cluster"),
        ({"orchestrator": {"argo_workflows": True}}, "runs in a cluster and requires compute: kubernetes"),
        ({"log_retention_days": 31}, "numbers of days: 1, 3, 5"),
        ({"tags": {"aws:x": "y"}}, "are reserved"),
        ({"network": {"cidr": "10.0.0.1/16"}}, "host bits set"),
        ({"network": {"cidr": "10.0.0.0/8"}}, "use /16 to /21"),
        ({"network": {"cidr": "8.8.0.0/16"}}, "not private"),
        ({"network": {"cidr": "172.17.0.0/16"}}, "Docker uses"),
        ({"network": {"cidr": "10.0.0.300/16"}}, "not a CIDR range"),
        ({"network": {"subnets": ["subnet-0123abcd"]}}, "set network.vpc"),
        ({"network": {"nat": "none"}}, "cannot be pulled"),
        ({"network": {**VPC, "cidr": "10.0.0.0/16"}}, "mfinfra does not change"),
        ({"network": {**VPC, "subnets": ["subnet-0123abcd"] * 2}}, "two private subnets"),
        ({"network": {"zones": 1}}, "must be at least 2"),
        ({"network": {"endpoint": []}}, "did you mean 'endpoints'"),
        ({"network": {"endpoints": ["s3x"]}}, "network.endpoints.0"),
        ({"datastore": {"bucket": "mine", "versioning": True}}, "mfinfra does not change mine"),
        ({"datastore": {"kms": "other"}}, "create, managed, the ARN"),
        ({"datastore": {"kms": "arn:aws:kms:us-east-1:123456789012:key/x"}}, "in region us-east-1"),
        ({"metadata": {"instance_class": "db.t2.small"}}, "no longer available; use db.t4g.micro"),
        ({"metadata": {"postgres_version": "11"}}, "14 to 18"),
        ({"metadata": {"storage_gb": 200, "max_storage_gb": 100}}, "less than storage_gb"),
        ({"metadata": {"cpu": 256, "memory": 4096}}, "512, 1024 or 2048"),
        ({"metadata": {"cpu": 1024, "memory": 2500}}, "in steps of 1024"),
        ({"metadata": {"api": "private", "allow": ["10.0.0.0/8"]}}, "this API is private"),
        ({"metadata": {"allow": ["10.0.0.1/8"]}}, "host bits set"),
        ({"metadata": {"database": {**DATABASE, "secret": DATABASE["secret"].replace(":aws:", ":aws-cn:")}}}, "partition aws-cn"),
        ({"compute": {"default": "gpu"}}, "unknown pool 'gpu'; pools: cpu"),
        ({"compute": {"pools": {}}}, "at least 1"),
        ({"compute": {"pools": {"cpu": {"min_vcpus": 99}}}}, "more than max_vcpus"),
        ({"compute": {"pools": {"cpu": {"kind": "fargate", "gpu": True}}}}, "gpu is not supported on Fargate"),
        ({"compute": {"pools": {"cpu": {"instance_types": ["c7g.large", "m6i.large"]}}}}, "mixes ARM and x86"),
        ({"compute": {"pools": {"cpu": {"gpu": True, "instance_types": ["c6i.large"]}}}}, "c6i.large has no GPU"),
        ({"ui": {"enabled": True}}, "a certificate in ACM"),
        ({"ui": {"domain": "ui.example.com"}}, "requires ui.enabled"),
        ({"registry": {"image": "x"}}, "requires registry.enabled"),
        ({"secrets": {"allow": ["arn:aws:secretsmanager:eu-west-1:123456789012:*"]}}, "a wildcard is allowed only at the end"),
        ({"secrets": {"allow": ["arn:aws:iam::123456789012:role/x"]}}, "not an ARN of secretsmanager"),
        ({"preset": "sandbox", "deletion_protection": True}, "not supported in a sandbox"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_what_is_allowed(values: dict[str, Any], words: str) -> None:
    message = refusal(**values)
    assert words in message
    assert "Traceback" not in message


def test_g4dn_is_x86_and_c7g_is_arm() -> None:
    load(compute={"pools": {"cpu": {"instance_types": ["m6idn.xlarge", "m6i.large", "c6i"]}}})
    load(compute={"pools": {"cpu": {"instance_types": ["c7g.large", "m6gd", "t4g.small"]}}})


def test_a_local_stack_has_no_options_of_clouds() -> None:
    with pytest.raises(StackFileError, match="network is for cloud stacks"):
        stackfile_load.validated(Document({"network": {"zones": 2}}, {}, "mfinfra.yaml"))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("region",), "us-east-1"),
        (("network", "cidr"), "10.99.0.0/16"),
        (("network", "vpc"), "vpc-0123abcd"),
        (("datastore", "bucket"), "other"),
        (("datastore", "kms"), "create"),
        (("engine",), "cloudformation"),
    ],
)
def test_what_cannot_move_is_refused_on_the_second_up(place: tuple[str, ...], value: str) -> None:
    before = load(engine="terraform").model_dump()
    node = changed = load(engine="terraform").model_dump()
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    with pytest.raises(StackFileError, match=f"{'.'.join(place)} of stack 'demo' is"):
        immutable.check_unmoved(before, stackfile_schema.StackConfig.model_validate(changed))


def test_a_key_that_a_record_of_an_earlier_version_names_is_the_same() -> None:
    before = load(engine="terraform").model_dump()
    before["datastore"]["kms"] = "aws"
    immutable.check_unmoved(before, load(engine="terraform"))


def test_what_can_change_is_let_through() -> None:
    before = load(engine="terraform").model_dump()
    immutable.check_unmoved(before, load(engine="terraform", metadata={"replicas": 3}, account="123456789012"))


def texts(node: Any, place: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The places of all texts in the schema."""
    schema = stackfile_schema.json_schema()

    def walk(part: dict[str, Any], at: tuple[str, ...]) -> list[tuple[str, ...]]:
        if "$ref" in part:
            return walk(schema["$defs"][part["$ref"].rsplit("/", 1)[1]], at)
        found = [at] if part.get("type") == "string" and "enum" not in part else []
        for key, inner in part.get("properties", {}).items():
            found += walk(inner, (*at, key))
        for inner in part.get("anyOf", []):
            found += walk(inner, at)
        return found

    return walk(schema, ())


EVIL = ["${file(\"/etc/passwd\")}", "%{ if true }", "{{ 7 * 7 }}", "{% raw %}", "a\nb", "a'b", 'a"b', "$(id)", "`id`", "a;b", "a|b", "\x00", "<b>"]  # fmt: skip


@pytest.mark.parametrize("place", [p for p in texts(None) if p != ("runtime", "python")], ids=".".join)
@pytest.mark.parametrize("evil", EVIL)
def test_no_text_of_the_schema_lets_anything_through_that_means_something_elsewhere(
    place: tuple[str, ...], evil: str
) -> None:
    values: dict[str, Any] = {**AWS}
    node = values
    for part in place[:-1]:
        node = node.setdefault(part, {})
    node[place[-1]] = evil
    with pytest.raises(StackFileError) as caught:
        stackfile_load.validated(Document(values, {}, "mfinfra.yaml"))
    assert "mfinfra.yaml" in str(caught.value) or "command line" in str(caught.value)


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()
sections = st.sampled_from(
    [
        "network",
        "datastore",
        "metadata",
        "compute",
        "ui",
        "registry",
        "secrets",
        "tags",
        "orchestrator",
        "preset",
        "engine",
        "region",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        sections,
        scalars
        | st.lists(scalars, max_size=2)
        | st.dictionaries(
            st.sampled_from(["vpc", "cidr", "pools", "bucket", "kms", "enabled", "allow", "database"]),
            scalars | st.dictionaries(st.text(max_size=3), scalars, max_size=2),
            max_size=3,
        ),
        max_size=4,
    )
)
def test_any_mapping_gives_a_stack_or_a_message(mapping: dict[str, Any]) -> None:
    try:
        load(**mapping)
    except StackFileError as exc:
        assert exc.message


def test_a_dump_of_a_stack_in_a_cloud_is_read_again() -> None:
    import tempfile
    from pathlib import Path

    config = load(
        preset="production",
        metadata={"replicas": 3},
        compute={"pools": {"cpu": {"max_vcpus": 3}}},
        tags={"team": "a b"},
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mfinfra.yaml").write_text(stackfile_load.dump(config))
        assert stackfile_load.load(Path(folder), {}) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("preset: bigg", "preset must be one of sandbox, team, production, files, services, not 'bigg'."),
        ("network: 7", "network must be a section, with keys below it, not 7."),
        ("network: {zones: two}", "network.zones must be a whole number, not 'two'."),
        ("network: {zones: 9}", "network.zones must be at most 6, not 9."),
        ("network: {flow_logs: maybe}", "network.flow_logs must be true or false, not 'maybe'."),
        ("network: {endpoints: s3}", "network.endpoints must be a list, such as [a, b], not 's3'."),
        ("log_retention_days:", "log_retention_days must be a whole number; it is empty."),
        ("account: true", "account must be text (put it in quotes), not true."),
        ("account: 0123", "'0123' is not an account: 12 digits (AWS)"),
        ("kubernetes: {version: 1.3}", "kubernetes.version: '1.3' is not a Kubernetes version"),
        ("metadata: {postgres_version: 9.10}", "metadata.postgres_version: '9.10' is not a PostgreSQL version"),
        ("metadata: {databse: x}", "unknown key 'metadata.databse'; did you mean 'database'."),
        ("metadata: {database: {}}", "metadata.database.secret is missing."),
        ("compute: {pools: {cpu: {kind: fargat}}}", "on_demand, spot, fargate, fargate_spot, not 'fargat'; did you mean 'fargate'."),
        ("tags: {a: [3]}", "tags.a must be text (put it in quotes), not [3]."),
        (f"tags: {{{', '.join(f'k{n}: v' for n in range(56))}}}", "tags has 56 entries; it must have at most 40 entries, because AWS and Azure allow 50 tags"),
        (f"metadata: {{allow: [{', '.join(['192.0.2.0/24'] * 51)}]}}", "metadata.allow has 51 entries; it must have at most 50 entries."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(f"cloud: aws\nregion: us-east-1\n{text}\n")
    with pytest.raises(StackFileError) as failure:
        stackfile_load.load(tmp_path, {})
    assert "mfinfra.yaml, line 3: " in failure.value.message
    assert message in failure.value.message
    assert "pydantic" not in failure.value.message
    assert "nput should" not in failure.value.message


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("account: 020222070707", ("account",), "020222070707"),
        ("account: 123456789012", ("account",), "123456789012"),
        ("account: 1234_5678_9012", ("account",), None),
        ("metadata: {postgres_version: 17}", ("metadata", "postgres_version"), "17"),
        ("metadata: {postgres_version: 17.10}", ("metadata", "postgres_version"), "17.10"),
        ("tags: {a: 007}", ("tags", "a"), "007"),
        ("tags: {a: 1.20}", ("tags", "a"), "1.20"),
        ("tags: {a: 1e3}", ("tags", "a"), "1e3"),
        ("tags: {a: 2026-01-01}", ("tags", "a"), "2026-01-01"),
        ("tags: {a: 0x1F}", ("tags", "a"), "0x1F"),
        ("registry: {enabled: true, image: 1.10}", ("registry", "image"), "1.10"),
        ("network: {zones: 3}", ("network", "zones"), 3),
    ],
)
def test_a_number_where_text_is_expected_is_read_as_it_is_written(
    text: str, place: tuple[str, ...], value: Any, tmp_path: Path
) -> None:
    (tmp_path / "mfinfra.yaml").write_text(f"cloud: aws\nregion: us-east-1\n{text}\n")
    if value is None:
        with pytest.raises(StackFileError, match="'1234_5678_9012' is not an account"):
            stackfile_load.load(tmp_path, {})
        return
    found: Any = stackfile_load.load(tmp_path, {}).model_dump()
    for part in place:
        found = found[part]
    assert found == value
