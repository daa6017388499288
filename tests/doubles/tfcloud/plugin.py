"""One provider that terraform starts itself: the handshake of go-plugin, its own certificate, gRPC on a socket.

    python -m tests.doubles.tfcloud.plugin SCHEMAS.json

`mirror` writes such providers for `terraform init`, for tests of version resolution and the lock file.
"""

from __future__ import annotations

import base64
import datetime
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .messages import M
from .provider import Provider, environment_path, server

_COOKIE = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")


def certificate() -> tuple[bytes, bytes, bytes]:
    """Key and certificate as PEM, and the certificate in the format for terraform."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    der = made.public_bytes(serialization.Encoding.DER)
    return pem, made.public_bytes(serialization.Encoding.PEM), base64.b64encode(der).rstrip(b"=")


def main(schemas: Path) -> None:
    if os.environ.get(_COOKIE[0]) != _COOKIE[1]:
        sys.exit("This is a provider for terraform; it is started by terraform.")
    socket = Path(tempfile.mkdtemp(prefix="tfp")) / "s"
    key, pem, told = certificate()
    ended = threading.Event()
    provider = Provider(schemas, environment_path("TFCLOUD_CONTROL"), environment_path("TFCLOUD_LOG"))
    credentials = grpc.ssl_server_credentials([(key, pem)])
    running = server(provider, f"unix:{socket}", credentials, _controller(ended))
    running.start()
    sys.stdout.write(f"1|6|unix|{socket}|grpc|{told.decode()}\n")
    sys.stdout.flush()
    parent = os.getppid()
    while not ended.wait(0.5) and os.getppid() == parent:
        time.sleep(0)
    os._exit(0)


def _controller(ended: threading.Event) -> grpc.GenericRpcHandler:
    """The shutdown request of terraform."""

    def shutdown(_request: object, _context: object) -> object:
        ended.set()
        return M["Empty"]()

    handler = grpc.unary_unary_rpc_method_handler(
        shutdown, request_deserializer=M["Empty"].FromString, response_serializer=M["Empty"].SerializeToString
    )
    return grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": handler})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
