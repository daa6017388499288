"""The outputs of a stack as one typed value."""

from __future__ import annotations

import json
import re
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from mfinfra.render import cloudformation, outputs, templates
from mfinfra.render.outputs import ClusterOutput, StackOutputs

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
NAMES = [one.name for one in fields(StackOutputs) if one.name != "document"]


def published(cloud: str) -> str:
    return templates.root_templates(cloud)["outputs.tf"]


def test_every_output_that_is_read_is_one_that_some_root_publishes() -> None:
    texts = {cloud: published(cloud) for cloud in ("aws", "azure", "gcp")}
    for name in NAMES:
        assert any(f'output "{name}"' in text for text in texts.values()), name
    for cloud, text in texts.items():
        block = re.search(r'^output "cluster" \{.*?^\}', text, re.M | re.S)
        assert block is not None, cloud
        assert {"name", "host", "ca_certificate"} <= set(re.findall(r"^\s+(\w+)\s+=", block.group(), re.M))


def test_what_cloudformation_calls_its_outputs_is_read_by_the_same_names() -> None:
    part = (templates.cloudformation_folder() / "parts" / "outputs.yaml.j2").read_text()
    assert part
    settings = {"MetaflowServiceUrl": "METAFLOW_SERVICE_URL"}
    values = {"MetaflowServiceUrl": "https://x/", "ApiKeyId": "key", "BucketName": "demo", "QueueArns": "a,b",
              "DatabaseSecret": "arn", "Other": "x"}  # fmt: skip
    found = outputs.of_cloudformation(values, settings)
    assert found == StackOutputs(
        runtime_config={"METAFLOW_SERVICE_URL": "https://x/"},
        queue_arns=("a", "b"),
        bucket_name="demo",
        api_key_id="key",
        document={"runtime_config": {"METAFLOW_SERVICE_URL": "https://x/"}, "api_key_id": "key", "bucket_name": "demo",
                  "database_secret_arn": "arn", "queue_arns": ["a", "b"], "log_bucket_names": []},
    )  # fmt: skip
    assert set(cloudformation.SETTINGS) & set(values) == set()


@given(st.dictionaries(st.sampled_from([*NAMES, "unknown"]), _JSON))
def test_whatever_an_engine_gives_is_read_and_kept(document: dict[str, object]) -> None:
    found = outputs.of(document)
    assert found.document == document
    assert outputs.parsed(found.text) == outputs.of(json.loads(json.dumps(document)))
    assert found.is_empty == (not document)


@given(_JSON.map(json.dumps) | st.text(max_size=20) | st.none())
def test_whatever_a_record_holds_is_read(text: str | None) -> None:
    assert isinstance(outputs.parsed(text), StackOutputs)


def test_a_cluster_that_is_not_whole_is_none_to_be_reached() -> None:
    whole = {"name": "demo", "host": "10.0.0.1", "ca_certificate": "x", "location": "europe-west1"}
    assert outputs.of({"cluster": whole}).cluster == ClusterOutput("demo", "10.0.0.1", "x", "europe-west1")
    assert outputs.of({"cluster": whole}).cluster.is_complete
    assert not any(outputs.of({"cluster": {**whole, key: None}}).cluster.is_complete for key in list(whole)[:3])


def test_queues_are_a_list_or_a_map() -> None:
    assert outputs.of({"queue_arns": {"cpu": "a", "spot": "b"}}).queue_arns == ("a", "b")
    assert outputs.of({"queue_arns": ["a"]}).queue_arns == ("a",)
