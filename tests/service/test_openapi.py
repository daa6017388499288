"""The service keeps to its OpenAPI document: schemathesis makes the requests, good and bad, and judges the answers.

Half of what it sends is aimed at records that are there, for random names find none.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from mfruntime.service.openapi import document
from mfruntime.service.routes.table import ROUTES
from tests.doubles.metadata_service import Program

from .conftest import Caller
from .test_contract import make_run, make_task

#: No other test needs it, see addopts in pyproject.toml.
pytest_plugins = ["schemathesis.pytest.plugin"]

#: What the document does not promise: to refuse everything that it does not describe (unknown fields, for one, are
#: ignored), to take everything that it does, and to ask for keys where the service was given none.
_NOT_PROMISED = {"negative_data_rejection", "positive_data_acceptance", "ignored_auth", "missing_required_header"}
_KNOWN = {"flow_id": "F", "run_number": "1", "step_name": "start", "task_id": "1", "name": "a", "attempt_id": "0"}

schema = schemathesis.openapi.from_dict(json.loads(document()))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The service over each database, with one record of every kind in it."""
    folder: Path = tmp_path_factory.mktemp("openapi")
    address = f"sqlite:///{folder}/m.db"
    if request.param == "postgresql":
        from .conftest import execute

        server = request.getfixturevalue("postgres")
        execute(server.url, "DROP DATABASE IF EXISTS openapi")
        execute(server.url, "CREATE DATABASE openapi")
        address = server.url.replace("/postgres", "/openapi")
    caller = Caller(caller_config(address))
    make_run(caller)
    task, _ = make_task(caller, run=1)
    caller.post(f"{task}/metadata", [{"field_name": "attempt_ok", "value": "True"}])
    caller.post(f"{task}/artifact", [{"name": "a", "sha": "0" * 40}])
    caller.close()
    made = Program(address, folder / "log")
    made.start("--max-body", "100000")
    yield made
    assert made.stop() == 0
    assert "traceback" not in made.log.read_text().lower()


def caller_config(address: str) -> Any:
    from mfruntime.service.config import Config

    return Config(database=address)


def aimed(case: Any) -> Any:
    """The case, every other time with names of records that are there; which, its content decides."""
    parts = case.path_parameters or {}
    if zlib.crc32(repr((case.body, case.query, parts)).encode("utf-8", "replace")) % 2:
        case.path_parameters = {name: _KNOWN[name] for name in parts}
    return case


def judged(case: Any, program: Program) -> None:
    excluded = [check for check in CHECKS.get_all() if check.__name__ in _NOT_PROMISED]
    case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() not in ("x-api-key", "authorization")}
    aimed(case).call_and_validate(base_url=program.url, excluded_checks=excluded, timeout=30)


_CHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=_CHECKED, phases=[Phase.explicit, Phase.generate])
def test_answers_are_those_of_the_document(case: Any, program: Program) -> None:
    judged(case, program)


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=150, deadline=None, suppress_health_check=_CHECKED)
def test_answers_are_those_of_the_document_however_long_one_asks(case: Any, program: Program) -> None:
    judged(case, program)


def test_every_path_of_the_service_was_asked() -> None:
    operations = {(o.ok().method.upper(), o.ok().path) for o in schema.get_all_operations()}
    assert operations == {(route.method, route.path) for route in ROUTES}
