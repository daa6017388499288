"""What is said of stacks in a cloud."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from mfinfra.console import Console
from mfinfra.machine import profile
from mfinfra.machine.record import Record
from mfinfra.reports import cloud as cloud_report
from mfinfra.reports.cloud import _ago
from mfinfra.runtime import install, smoke_test
from mfinfra.stacks import listing, results

PLACES = [
    ("aws", "eu-west-1", "123456789012", "AWS eu-west-1, account 123456789012", {"S3": "s3://demo/metaflow"}),
    ("azure", "westeurope", "1111-22", "Azure westeurope, subscription 1111-22", {"AZURE": "flows/metaflow"}),
    ("gcp", "europe-west1", "demo-1", "Google Cloud europe-west1, project demo-1", {"GS": "gs://demo/metaflow"}),
]


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=90), "1 minute ago"),
        (timedelta(hours=3, minutes=5), "3 hours ago"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(seconds=-30), "just now"),
    ],
)
def test_how_long_ago_something_was(passed: timedelta, said: str) -> None:
    assert _ago((datetime.now(timezone.utc) - passed).strftime("%Y-%m-%dT%H:%M:%SZ")) == said


@pytest.mark.parametrize(("cloud", "region", "account", "where", "root"), PLACES)
def test_what_up_says_is_in_the_words_of_the_cloud(
    cloud: str, region: str, account: str, where: str, root: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Place and datastore of the stack; a local root beside it, as of another profile, is not its."""
    (store, address), *_ = root.items()
    settings = {f"METAFLOW_DATASTORE_SYSROOT_{store}": address, "METAFLOW_DEFAULT_DATASTORE": store.lower(),
                "METAFLOW_DATASTORE_SYSROOT_LOCAL": "/elsewhere"}  # fmt: skip
    written = profile.write("demo", settings)
    stack = Record(
        "demo", cloud, "ready", "", "", str(written.path), engine="terraform", region=region, account=account
    )
    runtime = install.Installed("/python", "3.11", "1", "/site-packages")
    cloud_report.report_up(
        results.Up(stack, written, runtime, smoke_test.SmokeRun("SmokeFlow/1", 1.0), "next"), Console()
    )
    table = capsys.readouterr().out
    for words in (f"{where}, engine terraform", address, "SmokeFlow/1"):
        assert words in " ".join(table.split()), table
    assert "/elsewhere" not in table


@pytest.mark.parametrize(("cloud", "region", "account", "where", "root"), PLACES)
def test_the_list_of_stacks_says_where_each_is(
    cloud: str, region: str, account: str, where: str, root: dict[str, str]
) -> None:
    found = listing.where({"cloud": cloud, "region": region, "account": account})
    assert where.endswith(found)
