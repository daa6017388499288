"""The image of the service, as far as that goes without an engine for containers: its Dockerfile is parsed and linted,
and its entry point is started from an installed wheel with nothing but the variables that the file sets."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mfruntime.service import container
from tests.doubles.metadata_service import RUNTIME, free_port

FILE = RUNTIME / "Dockerfile"
#: As the AWS stacks call the image of Metaflow's service.
PYTHON = "/opt/latest/bin/python3"
STOCK = {
    "migrate": [PYTHON, "/root/run_goose.py", "--wait", "60"],
    "serve": [PYTHON, "-m", "services.metadata_service.server"],
    "schema": [PYTHON, "-m", "services.migration_service.migration_server"],
}


def instructions() -> list[tuple[str, str]]:
    """The instructions of the file, each in one line."""
    text = re.sub(r"^#.*\n", "", FILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]
    return [(word.upper(), rest) for word, _, rest in (line.partition(" ") for line in lines)]


def values(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(n for n, (name, _) in enumerate(found) if name == "FROM") :]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for name, rest in last_stage() if name == "ENV" for pair in rest.split())


def entry() -> list[str]:
    argv: list[str] = json.loads(values("ENTRYPOINT")[-1])
    return argv


def health() -> list[str]:
    argv: list[str] = json.loads(values("HEALTHCHECK")[-1].partition(" CMD ")[2])
    return argv


def test_the_base_is_pinned_and_the_user_is_not_root() -> None:
    (base,) = values("ARG")
    assert re.fullmatch(r"PYTHON=python:3\.\d+\.\d+-slim-\w+", base)
    assert [rest.split()[0] for rest in values("FROM")] == ["${PYTHON}", "${PYTHON}"]
    users = [rest for name, rest in last_stage() if name == "USER"]
    assert users == ["10001:10001"]
    after = [name for name, _ in last_stage()][[name for name, _ in last_stage()].index("USER") :]
    assert not {"RUN", "COPY", "ADD"} & {*after}
    assert values("STOPSIGNAL") == ["SIGTERM"]
    assert entry()[0].startswith("/") and health()[: len(entry())] == entry()  # no shell stands between


def test_no_layer_holds_a_secret_and_nothing_is_fetched_by_address() -> None:
    text = FILE.read_text()
    assert not values("ADD") and "://" not in text
    names = [*variables(), *(rest.partition("=")[0] for rest in values("ARG"))]
    assert not [name for name in names if re.search("PASS|PSWD|KEY|TOKEN|SECRET", name)]
    (install,) = [rest for rest in values("RUN") if "pip install" in rest]
    assert "--mount=type=secret" in install and "'.[service]'" in install
    copied = {rest.split()[-2].split("/")[0] for rest in values("COPY") if "--from" not in rest}
    allowed = {
        line.strip("!/*").split("/")[0] for line in (RUNTIME / ".dockerignore").read_text().split() if "!" in line
    }
    assert copied <= {*allowed, "README.md"}
    for source in ("pyproject.toml", "README.md", "mfruntime"):
        assert (RUNTIME / source).exists() and source in allowed


def test_the_linter_has_nothing_to_say() -> None:
    linter = shutil.which("hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if linter is None and os.environ.get("CI") != "true":
        pytest.skip("hadolint is not installed")
    assert linter is not None
    done = subprocess.run([linter, "--failure-threshold", "style", str(FILE)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("command", STOCK)
def test_the_commands_of_the_other_image_are_understood(command: str) -> None:
    assert container.resolve_command(STOCK[command]) == (command, [])


def test_the_stacks_call_it_by_these_commands() -> None:
    module = (RUNTIME.parent / "terraform" / "modules" / "aws" / "metadata" / "service.tf").read_text()
    called = [json.loads(text) for text in re.findall(r"command\s+= (\[.*\])", module)]
    assert called == [STOCK["migrate"], STOCK["serve"], STOCK["schema"]]


def test_other_words_are_no_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert container.resolve_command([]) == ("serve", [])
    assert container.resolve_command(["--port", "1"]) == ("serve", ["--port", "1"])
    assert container.main(["bash", "-c", "true"], {}) == 2
    assert "Known: check, migrate, schema" in capsys.readouterr().err


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The wheel in an environment of its own that cannot be written; its dependencies are those of the tests."""
    with tempfile.TemporaryDirectory(prefix="mf-image-") as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(RUNTIME)]
        subprocess.run(build, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        venv.create(folder / "venv", with_pip=False)
        (site,) = (folder / "venv" / "lib").glob("python3*/site-packages")
        install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile"]
        subprocess.run([*install, "--target", str(site), str(wheel)], check=True, capture_output=True)
        (site / "dependencies.pth").write_text(str(Path(httpx.__file__).parents[1]) + "\n")
        _set_modes(folder / "venv", 0o555)
        yield folder / "venv" / "bin" / "python"
        _set_modes(folder / "venv", 0o755)


def _set_modes(root: Path, mode: int) -> None:
    for folder, _, _ in os.walk(root):
        os.chmod(folder, mode)


def without_privileges() -> list[str]:
    """What takes from root the right to write where modes say no, as in a container that is not root's."""
    if os.getuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def started(installed: Path, folder: Path, *argv: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [*without_privileges(), str(installed), *entry()[1:], *argv]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, env={**variables(), **environment}, stdout=log, stderr=log)


def answering(port: int, path: str, process: subprocess.Popen[bytes], folder: Path) -> Any:
    for _ in range(400):
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}").raise_for_status().json()
        except httpx.HTTPError:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
    raise AssertionError((folder / "log").read_text())


def test_it_serves_from_a_read_only_installation_and_ends_in_order(installed: Path, tmp_path: Path) -> None:
    port = str(free_port())
    (tmp_path / "mfruntime").mkdir()  # what lies in the volume is data, and never code
    (tmp_path / "mfruntime" / "__init__.py").write_text("raise SystemExit('code from the volume')")
    process = started(installed, tmp_path, MF_METADATA_PORT=port, MF_METADATA_HOST="127.0.0.1")
    try:
        assert answering(int(port), "/readyz", process, tmp_path) == {"status": "ready", "database": "sqlite"}
        probe = [*without_privileges(), str(installed), *health()[1:]]
        assert subprocess.run(probe, env={**variables(), "MF_METADATA_PORT": port}, cwd=tmp_path).returncode == 0
        assert {p.name for p in tmp_path.iterdir()} >= {"metadata.db"}
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    gone = subprocess.run(probe, env={**variables(), "MF_METADATA_PORT": port}, cwd=tmp_path, capture_output=True)
    assert (gone.returncode, b"Traceback" in gone.stderr) == (1, False)
    assert not list(Path(installed).parents[1].rglob("mfruntime/**/__pycache__"))  # nothing was written beside the data


def test_in_the_place_of_the_other_image_it_migrates_serves_and_tells_its_schema(
    installed: Path, tmp_path: Path, postgres: Any, new_database: Any
) -> None:
    name = new_database().rpartition("/")[2]
    database = {
        "MF_METADATA_DB_HOST": "127.0.0.1", "MF_METADATA_DB_PORT": str(postgres.port), "MF_METADATA_DB_USER": "tester",
        "MF_METADATA_DB_PSWD": "pw-s3cret", "MF_METADATA_DB_NAME": name, "MF_METADATA_DB_SSL_MODE": "prefer",
        "MF_METADATA_HOST": "127.0.0.1",
    }  # fmt: skip
    assert started(installed, tmp_path, *STOCK["migrate"], **database).wait(60) == 0
    port, other = free_port(), free_port()
    serving = started(installed, tmp_path, *STOCK["serve"], **database, MF_METADATA_PORT=str(port))
    telling = started(installed, tmp_path, *STOCK["schema"], **database, MF_MIGRATION_PORT=str(other))
    try:
        told = answering(other, "/db_schema_status", telling, tmp_path)
        assert (told["is_up_to_date"], told["unapplied_migrations"]) == (True, [])
        assert answering(port, "/flows", serving, tmp_path) == []
        assert httpx.get(f"http://127.0.0.1:{other}/ping").text == "pong"
        assert httpx.get(f"http://127.0.0.1:{other}/flows").status_code == 404  # records are the other port's
    finally:
        for process in (serving, telling):
            process.send_signal(signal.SIGTERM)
    assert [process.wait(20) for process in (serving, telling)] == [0, 0]
    assert "s3cret" not in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_the_install_of_the_file_makes_what_the_entry_point_needs(tmp_path: Path) -> None:
    """The commands of the build, in a folder instead of an image."""
    (run,) = [rest for rest in values("RUN") if "pip install" in rest]
    script = re.sub(r"--mount=\S+", "", run).replace("/opt/service", str(tmp_path / "service"))
    script = script.replace("python -m venv", f"{sys.executable} -m venv", 1)
    shutil.copytree(RUNTIME, tmp_path / "build")
    subprocess.run(["sh", "-ec", script], cwd=tmp_path / "build", check=True)
    port = str(free_port())
    process = started(tmp_path / "service" / "bin" / "python", tmp_path, MF_METADATA_PORT=port)
    try:
        assert answering(int(port), "/readyz", process, tmp_path)["status"] == "ready"
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
