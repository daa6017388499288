"""What clouds answer, and what mfinfra makes of it: the kind of each error, one line, and the next command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.cli.error_texts.aws import TEXTS as AWS
from tests.cli.error_texts.azure import TEXTS as AZURE
from tests.cli.error_texts.gcp import TEXTS as GCP

from mfinfra.clouds.aws import errors as aws
from mfinfra.clouds.azure import errors as azure
from mfinfra.clouds.gcp import errors as gcp
from mfinfra.engines.terraform import events
from mfinfra.errors import CloudError

TABLES: dict[str, tuple[Callable[[str], CloudError | None], list[tuple[str, str]]]] = {
    "aws": (aws.explain_text, AWS),
    "azure": (azure.explain_text, AZURE),
    "gcp": (gcp.explain_text, GCP),
}
ALL = [
    pytest.param(cloud, kind, text, id=f"{cloud}-{kind}-{number}")
    for cloud, (_, texts) in TABLES.items()
    for number, (kind, text) in enumerate(texts)
]


@pytest.mark.parametrize(("cloud", "kind", "text"), ALL)
def test_an_error_has_its_kind_one_line_and_a_next_step(cloud: str, kind: str, text: str) -> None:
    found = TABLES[cloud][0](text)
    assert found is not None
    assert found.kind == kind, found.message
    assert "\n" not in found.message
    assert found.hint
    assert ("quota" in found.message) == (kind == "quota") or kind in ("version", "throttled", "permission")
    if kind != "permission":
        assert "is not allowed to" not in found.message
        assert "lack the permission" not in found.message


@pytest.mark.parametrize("cloud", TABLES)
def test_there_are_sixty_texts_of_each_cloud_and_many_kinds(cloud: str) -> None:
    texts = TABLES[cloud][1]
    assert len({text for _, text in texts}) >= 60
    kinds = Counter(kind for kind, _ in texts)
    assert {"quota", "permission", "credentials", "capacity", "size", "version", "exists", "in-use"} <= set(kinds)


@pytest.mark.parametrize(("cloud", "kind", "text"), [one for one in ALL if one.values[1] == "quota"])
def test_a_quota_stays_one_with_any_status(cloud: str, kind: str, text: str) -> None:
    """The message decides before the status: what is prefixed with 403 is no missing permission."""
    for status in ("Error 403: Forbidden. ", "unexpected status 403 (403 Forbidden) with error: ", "StatusCode: 403, "):
        found = TABLES[cloud][0](status + text)
        assert found is not None
        assert found.kind == kind, found.message


def test_the_cause_of_a_failed_upgrade_is_explained() -> None:
    found = aws.explain_text(next(text for kind, text in AWS if "from 16.13 to 17.6" in text))
    assert found is not None
    assert "Cannot upgrade postgres from 16.13 to 17.6" in found.message
    assert "released after the minor version that runs" in found.message
    assert "describe-db-engine-versions" in str(found.hint)


def test_terraform_names_the_resource_of_a_used_up_quota() -> None:
    text = next(text for _, text in GCP)
    reader = events.Reader(lambda _: None)
    reader.errors.append({"severity": "error", "summary": text, "detail": "", "address": "module.gke.x"})
    failure = reader.failure(gcp.explain_text)
    assert failure.message.startswith("module.gke.x: A quota of the project is used up")
