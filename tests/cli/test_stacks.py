"""Both kinds of stacks have the same verbs; what one kind has not, it refuses itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from mfinfra.console import Console
from mfinfra.errors import MfinfraError, NotFound, Refused
from mfinfra.machine import record
from mfinfra.machine.record import Record
from mfinfra.reports.select import report_of
from mfinfra.stackfile.schema import StackConfig
from mfinfra.stacks import select
from mfinfra.stacks.base import Stack
from mfinfra.stacks.cloud import CloudStack
from mfinfra.stacks.local import LocalStack

VERBS = [name for name in vars(Stack) if not name.startswith("_")]


def verbs_of(kind: type) -> dict[str, inspect.Signature]:
    return {name: inspect.signature(getattr(kind, name)) for name in VERBS}


def test_the_verbs_are_the_same() -> None:
    assert len(VERBS) >= 10
    assert verbs_of(LocalStack) == verbs_of(CloudStack) == verbs_of(Stack)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("METAFLOW_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def cloud_config(name: str = "far") -> StackConfig:
    return StackConfig.model_validate({"name": name, "cloud": "aws", "region": "eu-west-1", "engine": "terraform"})


def test_which_stack_a_name_means(tmp_path: Path) -> None:
    record.save(Record("near", "local", "ready", record.now(), str(tmp_path), str(tmp_path / "p")))
    record.save(Record("far", "aws", "ready", record.now(), "", "", config=cloud_config().model_dump_json()))
    (tmp_path / "mfinfra.yaml").write_text("name: planned\ncloud: gcp\nregion: europe-west1\n")
    kinds = {name: type(select.named(name, Console())) for name in ("near", "far", "planned", "nobody")}
    assert kinds == {"near": LocalStack, "far": CloudStack, "planned": CloudStack, "nobody": LocalStack}
    described = select.described(cloud_config("new"), Console())
    assert (type(described), described.name) == (CloudStack, "new")
    assert type(select.described(StackConfig.model_validate({}), Console())) is LocalStack


def test_every_kind_has_a_report() -> None:
    for kind in (LocalStack, CloudStack):
        report = report_of(kind("x", Console()))
        assert all(callable(getattr(report, name)) for name in ("report_up", "report_down", "report_status"))


@pytest.mark.parametrize(
    ("verb", "kind", "said"),
    [
        (lambda stack: stack.plan(None, "text"), Refused, "A local stack has no plan."),
        (lambda stack: stack.up(bool, False, Path("x")), Refused, "A local stack has no plan."),
        (lambda stack: stack.connect(False), Refused, "A local stack can only be used on the machine that created it."),
        (lambda stack: stack.disconnect(), Refused, "Stack 'near' is a local stack and cannot be disconnected."),
        (lambda stack: stack.drift(), NotFound, "Stack 'near' was not found."),
        (lambda stack: stack.unlock(bool), NotFound, "Stack 'near' was not found."),
        (lambda stack: stack.outputs("flows"), Refused, "Stack 'near' has no namespaces."),
        (lambda stack: stack.start(), NotFound, "Stack 'near' has no servers on this machine."),
        (lambda stack: stack.stop(), NotFound, "Stack 'near' has no servers on this machine."),
    ],
)
def test_what_a_local_stack_has_not_it_refuses(
    verb: Callable[[Stack], object], kind: type[MfinfraError], said: str, tmp_path: Path
) -> None:
    record.save(Record("near", "local", "ready", record.now(), str(tmp_path), str(tmp_path / "p"), preset="files"))
    with pytest.raises(kind) as caught:
        verb(select.named("near", Console()))
    assert caught.value.message.startswith(said)


@pytest.mark.parametrize("verb", ["start", "stop"])
def test_what_a_cloud_stack_has_not_it_refuses(verb: str) -> None:
    record.save(Record("far", "aws", "ready", record.now(), "", "", config=cloud_config().model_dump_json()))
    with pytest.raises(NotFound, match="has no servers or tunnels on this machine"):
        getattr(select.named("far", Console()), verb)()
