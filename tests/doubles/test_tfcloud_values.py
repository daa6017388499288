"""Values that the provider double makes for real: what is random, keys and certificates, times, files, archives."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import string
import subprocess
import time
import uuid
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from . import programs
from .configuration import Configuration
from .fixtures import TfCloud

RANDOM = """
resource "random_password" "p" {
  length           = 30
  min_numeric      = 4
  min_upper        = 3
  override_special = "_-"
  min_special      = 2
}
resource "random_string" "s" {
  length  = 12
  special = false
  upper   = false
}
resource "random_id" "a" { byte_length = 4 }
resource "random_id" "b" {
  byte_length = 4
  prefix      = "x-"
}
resource "random_pet" "p" {
  length = 3
  prefix = "my"
}
resource "random_integer" "i" {
  min = 5
  max = 7
}
resource "random_shuffle" "s" {
  input        = ["a", "b", "c"]
  result_count = 2
}
resource "random_uuid" "u" {}
resource "random_uuid7" "u" {}
resource "random_bytes" "b" { length = 8 }
output "password" {
  value     = random_password.p.result
  sensitive = true
}
output "hash" {
  value     = random_password.p.bcrypt_hash
  sensitive = true
}
output "text" { value = random_string.s.result }
output "ids" { value = [random_id.a.hex, random_id.a.dec, random_id.a.b64_std, random_id.b.hex] }
output "pet" { value = random_pet.p.id }
output "number" { value = random_integer.i.result }
output "some" { value = random_shuffle.s.result }
output "uuids" { value = [random_uuid.u.result, random_uuid7.u.result] }
output "bytes" {
  value     = [random_bytes.b.hex, random_bytes.b.base64]
  sensitive = true
}
"""


def test_what_is_random_has_the_length_and_the_alphabet_that_was_asked(configuration: Configuration) -> None:
    made = configuration.apply(RANDOM)
    password = made["password"]
    assert len(password) == 30
    assert set(password) <= set(string.ascii_letters + string.digits + "_-")
    counts = [sum(c in kind for c in password) for kind in (string.digits, string.ascii_uppercase, "_-")]
    assert all(count >= least for count, least in zip(counts, (4, 3, 2)))
    assert re.fullmatch(r"[a-z0-9]{12}", made["text"])
    number = int(made["ids"][1])
    assert made["ids"][0] == f"{number:08x}"
    assert base64.b64decode(made["ids"][2]).hex() == made["ids"][0]
    assert re.fullmatch(r"x-[0-9a-f]{8}", made["ids"][3])
    assert re.fullmatch(r"my(-[a-z]+){3}", made["pet"])
    assert made["number"] in (5, 6, 7)
    assert len(set(made["some"])) == 2
    assert [uuid.UUID(one).version for one in made["uuids"]] == [4, 7]
    assert base64.b64decode(made["bytes"][1]).hex() == made["bytes"][0]


def test_the_hash_of_a_password_is_one(configuration: Configuration) -> None:
    crypt = pytest.importorskip("crypt", reason="this Python cannot check it")
    made = configuration.apply(RANDOM)
    assert crypt.crypt(made["password"], made["hash"]) == made["hash"]


def test_the_same_is_random_again_in_another_cloud_and_not_twice_in_one(
    configuration: Configuration, tfcloud: TfCloud
) -> None:
    text = 'resource "random_id" "r" {\n  count = 2\n  byte_length = 8\n}\noutput "r" { value = random_id.r[*].hex }\n'
    first = configuration.apply(text)["r"]
    assert len(set(first)) == 2
    configuration.must("destroy", "-auto-approve")
    tfcloud.cloud = uuid.uuid4().hex
    tfcloud.say()
    assert set(configuration.apply(text)["r"]) == set(first)


def test_a_keeper_that_changed_makes_a_new_value(configuration: Configuration) -> None:
    text = 'resource "random_uuid" "r" {\n  keepers = { a = "1" }\n}\noutput "r" { value = random_uuid.r.result }\n'
    assert configuration.apply(text) != configuration.apply(text.replace('"1"', '"2"'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('resource "random_password" "p" {\n  length = 3\n  min_lower = 4\n}', "at least sum of"),
        ('resource "random_integer" "p" {\n  min = 3\n  max = 2\n}', "smaller than or equal"),
        ('resource "tls_private_key" "k" {\n  algorithm = "DSA"\n}', "must be one of"),
        ('resource "time_static" "t" {\n  rfc3339 = "yesterday"\n}', "Invalid RFC3339"),
        ('resource "time_rotating" "t" {}', "at least one of"),
        ('resource "time_sleep" "t" {\n  create_duration = "long"\n}', "a number and a unit"),
        ('resource "local_file" "f" {\n  filename = "x"\n}', "exactly one of"),
        ('resource "archive_file" "f" {\n  type = "zip"\n  output_path = "x"\n}', "one of source"),
    ],
)
def test_validate_finds(configuration: Configuration, text: str, said: str) -> None:
    configuration.write(text)
    configuration.must("init")
    assert said in configuration.fails("validate")


EPHEMERAL = """
ephemeral "random_password" "p" {
  length  = 40
  special = false
}
ephemeral "tls_private_key" "k" { algorithm = "ECDSA" }
resource "aws_ssm_parameter" "p" {
  name             = "p"
  type             = "SecureString"
  value_wo         = "marked-${ephemeral.random_password.p.result}${ephemeral.tls_private_key.k.private_key_pem}"
  value_wo_version = 1
}
check "length" {
  assert {
    condition     = can(regex("^[a-zA-Z0-9]{40}$", ephemeral.random_password.p.result))
    error_message = "not as asked"
  }
}
"""


def test_an_ephemeral_password_is_as_asked_and_kept_nowhere(configuration: Configuration, tfcloud: TfCloud) -> None:
    configuration.apply(EPHEMERAL)
    assert "marked-" not in (configuration.folder / "terraform.tfstate").read_text()
    assert "PRIVATE KEY" not in (configuration.folder / "terraform.tfstate").read_text()
    assert "not as asked" not in configuration.must("plan")
    assert {call["type"] for call in tfcloud.calls() if call["op"] == "open"} == {"random_password", "tls_private_key"}


TLS = """
resource "tls_private_key" "ca" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P384"
}
resource "tls_private_key" "server" { algorithm = "RSA" }
resource "tls_private_key" "ssh" { algorithm = "ED25519" }
resource "tls_self_signed_cert" "ca" {
  private_key_pem       = tls_private_key.ca.private_key_pem
  validity_period_hours = 48
  is_ca_certificate     = true
  allowed_uses          = ["cert_signing", "crl_signing"]
  subject {
    common_name  = "authority"
    organization = "tests"
  }
}
resource "tls_cert_request" "server" {
  private_key_pem = tls_private_key.server.private_key_pem
  dns_names       = ["localhost"]
  ip_addresses    = ["127.0.0.1"]
  subject { common_name = "server" }
}
resource "tls_locally_signed_cert" "server" {
  cert_request_pem      = tls_cert_request.server.cert_request_pem
  ca_private_key_pem    = tls_private_key.ca.private_key_pem
  ca_cert_pem           = tls_self_signed_cert.ca.cert_pem
  validity_period_hours = 24
  allowed_uses          = ["server_auth"]
}
data "tls_public_key" "ssh" { private_key_openssh = tls_private_key.ssh.private_key_openssh }
data "tls_certificate" "ca" { content = tls_self_signed_cert.ca.cert_pem }
output "ca" { value = tls_self_signed_cert.ca.cert_pem }
output "certificate" { value = tls_locally_signed_cert.server.cert_pem }
output "key" {
  value     = tls_private_key.server.private_key_pem
  sensitive = true
}
output "ends" { value = tls_locally_signed_cert.server.validity_end_time }
output "same" { value = data.tls_public_key.ssh.public_key_openssh == tls_private_key.ssh.public_key_openssh }
output "ssh" { value = [tls_private_key.ssh.public_key_openssh, tls_private_key.ssh.public_key_fingerprint_sha256] }
output "told" { value = data.tls_certificate.ca.certificates[0] }
"""

SERVE = """
import socket, ssl, sys, threading
ca, certificate, key = sys.argv[1:]
here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
here.load_cert_chain(certificate, key)
there = ssl.create_default_context(cafile=ca)
left, right = socket.socketpair()
threading.Thread(target=lambda: here.wrap_socket(left, server_side=True).sendall(b"ok"), daemon=True).start()
sys.stdout.write(there.wrap_socket(right, server_hostname="localhost").recv(2).decode())
"""


def test_certificates_are_trusted_by_who_trusts_the_authority(configuration: Configuration, tmp_path: Path) -> None:
    made = configuration.apply(TLS)
    for name in ("ca", "certificate", "key"):
        (tmp_path / f"{name}.pem").write_text(made[name])
    python = programs.programs("tfcloud") / "python"
    files = [str(tmp_path / f"{name}.pem") for name in ("ca", "certificate", "key")]
    done = subprocess.run([str(python), "-c", SERVE, *files], capture_output=True, text=True, timeout=30)
    assert done.stdout == "ok", done.stderr
    kind, blob, *_ = made["ssh"][0].split()
    assert kind == "ssh-ed25519"
    digest = hashlib.sha256(base64.b64decode(blob)).digest()
    assert made["ssh"][1] == f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
    assert made["same"] is True
    assert (made["told"]["is_ca"], made["told"]["cert_pem"]) == (True, made["ca"])
    ends = datetime.fromisoformat(made["ends"].replace("Z", "+00:00"))
    assert timedelta(hours=23) < ends - datetime.now(timezone.utc) <= timedelta(hours=24)


TIMES = """
resource "time_static" "s" {}
resource "time_static" "given" { rfc3339 = "2024-01-31T10:20:30Z" }
resource "time_offset" "o" {
  base_rfc3339  = time_static.given.rfc3339
  offset_months = 1
  offset_hours  = -1
}
resource "time_rotating" "r" {
  rfc3339       = "2090-01-01T00:00:00Z"
  rotation_days = 30
}
resource "time_sleep" "z" { create_duration = "1h" }
output "now" { value = time_static.s.unix }
output "given" { value = [time_static.given.year, time_static.given.month, time_static.given.day, time_static.given.second] }
output "offset" { value = time_offset.o.rfc3339 }
output "rotation" { value = time_rotating.r.rotation_rfc3339 }
"""


def test_times_are_real_and_nobody_sleeps(configuration: Configuration) -> None:
    before = int(time.time())
    made = configuration.apply(TIMES)
    assert before <= made["now"] <= time.time()
    assert made["given"] == [2024, 1, 31, 30]
    assert made["offset"] == "2024-03-02T09:20:30Z"  # the 31st of February 2024
    assert made["rotation"] == "2090-01-31T00:00:00Z"
    assert configuration.apply(TIMES.replace("= -1", "= 1"))["offset"] == "2024-03-02T11:20:30Z"


def test_what_has_rotated_is_made_again(configuration: Configuration) -> None:
    text = 'resource "time_rotating" "r" {\n  rfc3339 = "2001-01-01T00:00:00Z"\n  rotation_days = 1\n}\n'
    configuration.write(text)
    configuration.must("init")
    configuration.must("apply", "-auto-approve")
    assert configuration("plan", "-detailed-exitcode").returncode == 2


def test_a_trigger_that_changed_makes_a_new_resource(configuration: Configuration) -> None:
    text = 'resource "null_resource" "n" {\n  triggers = { a = "1" }\n}\noutput "id" { value = null_resource.n.id }\n'
    assert configuration.apply(text) != configuration.apply(text.replace('"1"', '"2"'))


FILES = """
resource "local_file" "f" {
  filename        = "${path.module}/sub/x.txt"
  content         = "hello"
  file_permission = "0640"
}
resource "local_sensitive_file" "s" {
  filename       = "${path.root}/s.bin"
  content_base64 = base64encode("secret")
}
data "local_file" "f" { filename = local_file.f.filename }
output "read" { value = data.local_file.f.content }
output "sum" { value = local_file.f.content_sha256 }
"""


def test_files_are_written_read_and_removed(configuration: Configuration, tmp_path: Path) -> None:
    made = configuration.apply(FILES)
    file, secret = tmp_path / "sub" / "x.txt", tmp_path / "s.bin"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("hello", 0o640)
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("secret", 0o700)
    assert made == {"read": "hello", "sum": hashlib.sha256(b"hello").hexdigest()}
    secret.write_text("changed")
    assert configuration("plan", "-detailed-exitcode").returncode == 2
    configuration.must("destroy", "-auto-approve")
    assert not file.exists()


ARCHIVE = """
data "archive_file" "z" {
  type        = "zip"
  output_path = "${path.module}/out/z.zip"
  source_dir  = "${path.module}/code"
  excludes    = ["**/*.pyc", "notes"]
}
output "sum" { value = data.archive_file.z.output_base64sha256 }
output "size" { value = data.archive_file.z.output_size }
"""


def test_an_archive_depends_on_nothing_but_what_is_in_it(configuration: Configuration, tmp_path: Path) -> None:
    for name in ("a.py", "deep/b.py", "deep/b.pyc", "notes/n.txt"):
        (tmp_path / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "code" / name).write_text(name)
    made = configuration.apply(ARCHIVE)
    content = (tmp_path / "out" / "z.zip").read_bytes()
    assert made == {"sum": base64.b64encode(hashlib.sha256(content).digest()).decode(), "size": len(content)}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {entry.filename: entry.date_time[0] for entry in archive.infolist()} == {"a.py": 2049, "deep/b.py": 2049}
    (tmp_path / "code" / "a.py").touch()
    configuration.must("plan", "-detailed-exitcode")


def test_a_resource_archives_text_too(configuration: Configuration, tmp_path: Path) -> None:
    configuration.apply(
        'resource "archive_file" "z" {\n  type = "zip"\n  output_path = "${path.module}/z.zip"\n'
        '  source {\n    filename = "a.py"\n    content = "x = 1"\n  }\n}\n'
    )
    with zipfile.ZipFile(tmp_path / "z.zip") as archive:
        assert archive.read("a.py") == b"x = 1"
