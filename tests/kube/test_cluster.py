"""What is asked of a cluster: its API with all its moods, how it is, and what must go before it goes."""

from __future__ import annotations

import base64
import json
import os
import re
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfinfra.clouds.base import ClusterToken
from mfinfra.errors import CloudError, MfinfraError
from mfinfra.kube import cluster, endpoints, health, kubeconfig, services, teardown
from mfinfra.kube.api import Api, NotAllowed, Unreachable
from mfinfra.kube.cluster import Cluster
from mfinfra.kube.services import Service
from mfinfra.kube.tokens import Tokens
from mfinfra.render import outputs
from tests.doubles.testkube.objects import serve, web
from tests.doubles.testkube.server import TestKube, free_port
from tests.programs import ROOT

from .conftest import Cloud, eager_api, eventually

SLEEP = {"name": "main", "command": ["sleep", "600"]}


def quiet(_: str) -> None:
    return


def test_the_services_are_those_that_the_modules_make() -> None:
    text = "".join(path.read_text() for path in (ROOT / "terraform/modules/kubernetes").rglob("*.tf"))
    for word in ("metadata", "ui"):
        assert f'"{services.ALL[word].name}"' in text
        assert re.search(rf"\b{services.ALL[word].port}\b", text)
    assert f'"{services.ALL["argo"].name}"' in text  # its port, and all of Airflow's, are those of the charts


def test_everything_is_listed_page_by_page(kube: TestKube, api: Api) -> None:
    for number in range(1203):
        kube.add("configmaps", {"metadata": {"name": f"c{number:04}"}}, "flows")
    assert len(api.every("/api/v1/namespaces/flows/configmaps")) == 1203
    assert api.every("/apis/argoproj.io/v1alpha1/workflows") == []
    assert api.find("/api/v1/namespaces/flows/configmaps/none") is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_in_passing_is_asked_again(kube: TestKube, api: Api, status: int) -> None:
    kube.faults.statuses = [status, status]
    kube.faults.drops = 1
    assert api.version() == "v1.35.0"


def test_what_goes_on_failing_is_one_line(kube: TestKube, api: Api) -> None:
    kube.faults.statuses = [503] * 50
    with pytest.raises(Unreachable, match="Cluster 'demo' is unhealthy: it returned 503"):
        api.version()
    kube.faults.statuses = []
    kube.stop()
    with pytest.raises(Unreachable, match="Cluster 'demo' does not respond: Connection refused"):
        api.version()


def test_a_new_token_is_asked_for_once(kube: TestKube, api: Api, cloud: Cloud) -> None:
    api.version()
    kube.tokens = set()
    with pytest.raises(NotAllowed, match="rejected the credentials"):
        api.version()
    assert cloud.asked == 2
    kube.powerless = {"good"}
    with pytest.raises(NotAllowed, match="denied access"):
        api.version()


def test_what_makes_something_is_not_sent_twice(kube: TestKube, api: Api) -> None:
    kube.faults.drops = 1
    with pytest.raises(Unreachable):
        api.post("/api/v1/namespaces/flows/configmaps", {"metadata": {"name": "once"}})
    assert [method for method, _ in kube.requests] == ["POST"]


def test_another_authority_is_another_cluster(kube: TestKube, cloud: Cloud, tmp_path: Path) -> None:
    stranger = TestKube(tmp_path)
    api = Api(Cluster("demo", kube.host, stranger.ca), Tokens(lambda: cloud.cluster_token("demo")), repeats=0)
    with pytest.raises(Unreachable, match="another server responds at its address"):
        api.version()
    stranger.close()
    with pytest.raises(Unreachable, match="is invalid"):
        Api(Cluster("demo", kube.host, "nonsense"), Tokens(lambda: cloud.cluster_token("demo"))).version()


def test_tokens_are_renewed_before_they_end_and_outlive_a_cloud_that_is_away() -> None:
    now, given_out, away = [1000.0], [], []

    def ask() -> ClusterToken:
        if away:
            raise CloudError("away")
        given_out.append(ClusterToken(f"t{len(given_out)}", now[0] + 600))
        return given_out[-1]

    tokens = Tokens(ask, lambda: now[0])
    assert [tokens.current(), tokens.current()] == ["t0", "t0"]
    now[0] += 500
    assert tokens.current() == "t1"
    now[0] += 550
    away.append(True)
    assert tokens.current() == "t1"
    now[0] += 100
    with pytest.raises(CloudError, match="away"):
        tokens.current()


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "precious"}


def question(token: str) -> SplitResult:
    """What a token has the cluster ask of AWS."""
    body = token.removeprefix("k8s-aws-v1.")
    return urlsplit(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode())


def test_the_token_of_eks_is_a_signed_question_who_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from mfinfra.clouds.aws import cluster as aws_cluster
    from mfinfra.clouds.aws import identity

    for name, value in {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    token = aws_cluster.token(identity.session("eu-west-1"), "demo")
    assert token.text.startswith("k8s-aws-v1.")
    assert "=" not in token.text
    url = question(token.text)
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc) == ("https", "sts.eu-west-1.amazonaws.com")
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Expires"] == ["60"]
    assert 0 < token.expires_at - time.time() <= 840
    assert "precious" not in url.query


@pytest.mark.parametrize(
    ("endpoints", "region", "host", "scope"),
    [
        ("regional", "eu-west-1", "sts.eu-west-1.amazonaws.com", "eu-west-1"),
        ("legacy", "eu-west-1", "sts.amazonaws.com", "us-east-1"),
        ("regional", "cn-north-1", "sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("regional", "us-gov-west-1", "sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
    ],
)
def test_the_token_of_eks_is_signed_for_who_is_asked(
    endpoints: str, region: str, host: str, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STS refuses what was signed for another region than its own."""
    from mfinfra.clouds.aws import cluster as aws_cluster
    from mfinfra.clouds.aws import identity

    for name, value in {**KEYS, "AWS_STS_REGIONAL_ENDPOINTS": endpoints}.items():
        monkeypatch.setenv(name, value)
    url = question(aws_cluster.token(identity.session(region), "demo").text)
    assert url.netloc == host
    assert parse_qs(url.query)["X-Amz-Credential"][0].split("/")[2] == scope


def test_without_keys_there_is_no_token_for_eks(monkeypatch: pytest.MonkeyPatch) -> None:
    from mfinfra.clouds.aws import cluster as aws_cluster
    from mfinfra.clouds.aws import identity

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    with pytest.raises(CloudError, match="No AWS credentials were found"):
        aws_cluster.token(identity.session("eu-west-1"), "demo")


def test_a_proxy_is_asked_for_what_is_not_excepted_from_it(
    kube: TestKube, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens where the proxy should be."""
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert eager_api(kube, cloud).version() == "v1.35.0"
    monkeypatch.setenv("no_proxy", "cluster.example.com")
    with pytest.raises(Unreachable, match="does not respond"):
        eager_api(kube, cloud).version()


def test_a_cluster_is_found_among_outputs() -> None:
    whole = {"name": "demo", "host": "10.0.0.1", "ca_certificate": "x"}
    assert cluster.of(outputs.of({"cluster": whole})) == Cluster("demo", "https://10.0.0.1", "x")
    assert [cluster.of(outputs.of(o)) for o in ({}, {"cluster": None}, {"cluster": {**whole, "host": ""}})] == [
        None
    ] * 3
    other = Cluster("demo", "https://10.0.0.1", "y")
    assert other.fingerprint != Cluster("demo", "https://10.0.0.1", "x").fingerprint


def test_a_cluster_is_told_in_numbers(kube: TestKube, api: Api) -> None:
    for name, state in (("a", "True"), ("b", "False")):
        node = {"metadata": {"name": name, "labels": {"mfinfra.dev/pool": "gpu"}}}
        kube.add("nodes", {**node, "status": {"conditions": [{"type": "Ready", "status": state}]}})
    serve(kube, "mfinfra", "ui", 3000, web(3000))
    kube.add("pods", {"metadata": {"name": "stuck"}, "spec": {"containers": [{**SLEEP, "image": "nowhere"}]}}, "flows")
    kube.add("pods", {"metadata": {"name": "busy"}, "spec": {"containers": [SLEEP]}}, "flows")
    status = {"hard": {"limits.cpu": "100", "pods": "50"}, "used": {"limits.cpu": "8"}}
    kube.add(
        "resourcequotas", {"metadata": {"name": "flows"}, "spec": {"hard": status["hard"]}, "status": status}, "flows"
    )
    assert [pool["text"] for pool in health.nodes(api, {"gpu": (0, 4), "cpu": (1, 8)})] == [
        "0 of 0 nodes ready (scales from 1 to 8)", "1 of 2 nodes ready (scales from 0 to 4)"
    ]  # fmt: skip
    eventually(lambda: health.pods(api, ["flows"])[0]["text"] == "1 running, 1 pending (1 ImagePullBackOff)")
    eventually(
        lambda: health.workloads(api) == [{"name": "mfinfra/ui", "ready": 1, "wanted": 1, "text": "1 of 1 ready"}]
    )
    assert health.quotas(api, ["flows"])[0]["text"] == "limits.cpu 8 of 100, pods 0 of 50"


def test_the_ready_pods_of_a_service(kube: TestKube, api: Api) -> None:
    service = Service("mfinfra", "ui", 3000)
    with pytest.raises(endpoints.NoPod, match="has no service mfinfra/ui:3000"):
        endpoints.ready(api, service)
    serve(kube, "mfinfra", "ui", 3000, web(3000), replicas=2)
    eventually(lambda: _count(api, service) == 2)
    with pytest.raises(endpoints.NoPod, match="has no port 1"):
        endpoints.ready(api, Service("mfinfra", "ui", 1))


def _count(api: Api, service: Service) -> int:
    try:
        return len(endpoints.ready(api, service))
    except endpoints.NoPod:
        return 0


def populate(kube: TestKube) -> None:
    """Runs of every kind, what makes runs, a balancer, and a disk that a running StatefulSet uses."""
    kube.store.install("argoproj.io", "jobset.x-k8s.io")
    for plural in ("workflows", "cronworkflows", "sensors", "eventbus", "eventsources"):
        kube.add(plural, {"metadata": {"name": "one"}}, "flows", "argoproj.io")
    kube.add("jobsets", {"metadata": {"name": "one"}}, "flows", "jobset.x-k8s.io")
    template = {"spec": {"containers": [SLEEP], "restartPolicy": "Never"}}
    kube.add(
        "jobs",
        {"metadata": {"name": "one"}, "spec": {"template": template, "parallelism": 2, "completions": 2}},
        "flows",
        "batch",
    )
    kube.add("pods", {"metadata": {"name": "bare"}, "spec": {"containers": [SLEEP]}}, "flows")
    kube.add("services", {"metadata": {"name": "lb"}, "spec": {"type": "LoadBalancer", "ports": []}}, "argo")
    kube.add("persistentvolumes", {"metadata": {"name": "disk"}, "spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    kube.add("persistentvolumeclaims", {"metadata": {"name": "logs"}, "spec": {"volumeName": "disk"}}, "airflow")
    volumes = [{"name": "logs", "persistentVolumeClaim": {"claimName": "logs"}}]
    stateful = {"spec": {"containers": [SLEEP], "volumes": volumes}}
    kube.add(
        "statefulsets",
        {"metadata": {"name": "worker"}, "spec": {"replicas": 1, "template": stateful}},
        "airflow",
        "apps",
    )
    eventually(lambda: len(kube.do(lambda store: store.list("", "pods"))) == 4)


def left(kube: TestKube) -> list[str]:
    return sorted({key.plural for key in kube.do(lambda store: list(store.objects))})


def test_runs_balancers_and_disks_go_before_the_cluster(kube: TestKube, api: Api) -> None:
    populate(kube)
    kube.machines.removal_seconds = 0.3
    said: list[str] = []
    teardown.empty(api, ["flows"], said.append, pause=0.05)
    assert left(kube) == []
    assert "Deleting 1 load balancers" in said
    assert "Deleting 1 disks" in said
    assert kube.machines.running == {}


def test_what_does_not_go_is_named(kube: TestKube, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    kube.add("services", {"metadata": {"name": "stuck"}, "spec": {"type": "LoadBalancer", "ports": []}}, "flows")
    kube.machines.removal_seconds = 3600
    monkeypatch.setattr(teardown, "_REMOVAL_SECONDS", 0.3)
    with pytest.raises(CloudError, match="1 load balancers still exist after 0 minutes: stuck"):
        teardown.empty(api, ["flows"], quiet, pause=0.05)


def test_a_teardown_that_was_interrupted_goes_on(kube: TestKube, api: Api) -> None:
    populate(kube)
    kube.faults.only = "/services"
    kube.faults.statuses = [403]
    with pytest.raises(CloudError):
        teardown.empty(api, ["flows"], quiet, pause=0.05)
    storm = threading.Timer(0.05, kube.restart)
    storm.start()
    teardown.empty(api, ["flows"], quiet, pause=0.05)
    storm.join()
    assert left(kube) == []


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
USER: dict[str, Any] = {"command": "mfinfra", "args": ["kube-token", "demo"]}


@settings(max_examples=40, deadline=None)
@given(others=st.lists(NAMES, unique=True, max_size=4), current=st.one_of(st.none(), NAMES), json_form=st.booleans())
def test_entries_of_others_stay(
    tmp_path_factory: pytest.TempPathFactory, others: list[str], current: str | None, json_form: bool
) -> None:
    from ruamel.yaml import YAML

    path = tmp_path_factory.mktemp("kube") / "config"
    entries = [{"name": name, "cluster": {"server": f"https://{name}"}} for name in others]
    before = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": entries,
        "contexts": [],
        "users": None,
        "current-context": current,
    }
    path.write_text(json.dumps(before)) if json_form else YAML().dump(before, path)
    found = Cluster("demo", "https://10.0.0.1", "PEM")
    for _ in range(2):
        is_current = kubeconfig.write(path, "demo", found, USER, "flows")
    after = YAML(typ="safe").load(path)
    assert [one["name"] for one in after["clusters"]] == [*others, "mfinfra-demo"]
    assert after["current-context"] == (current or "mfinfra-demo")
    assert is_current == (not current)
    assert len(after["users"]) == len(after["contexts"]) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert kubeconfig.remove(path, "demo")
    assert [one["name"] for one in YAML(typ="safe").load(path)["clusters"]] == others


@pytest.mark.parametrize("text", ["[1, 2]", "clusters: 3", "kind: Pod", "a: [", "\x00"])
def test_a_file_that_is_no_kubeconfig_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(MfinfraError):
        kubeconfig.write(path, "demo", Cluster("demo", "https://10.0.0.1", "PEM"), USER, "flows")
    assert path.read_text() == text
    assert not kubeconfig.remove(path, "demo")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "config").symlink_to(tmp_path / "real")
    kubeconfig.write(tmp_path / "config", "demo", Cluster("demo", "https://10.0.0.1", "PEM"), USER, "flows")
    assert (tmp_path / "config").is_symlink()
    assert "mfinfra-demo" in (tmp_path / "real").read_text()
