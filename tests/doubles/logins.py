"""Sign-in without an account: a server on loopback that issues the tokens that the SDKs of Azure and Google request.

Azure's are those of App Service (IDENTITY_ENDPOINT), Google's those of its token server for the key
of a service account. Signatures are not checked: azurite checks issuer, audience and times, fake-gcs-server
nothing.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_ISSUER = "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/"
_HOURS = 6 * 3600


@contextmanager
def logins() -> Iterator[str]:
    """Start such a server for a context, and return its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        now = int(time.time())
        body = {
            "access_token": _token(now),
            "expires_in": _HOURS,
            "expires_on": str(now + _HOURS),
            "token_type": "Bearer",
        }
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = _answer

    def log_message(self, *_: Any) -> None:
        return


def _token(now: int) -> str:
    claims = {"iss": _ISSUER, "aud": "https://storage.azure.com", "nbf": now - 60, "iat": now - 60, "exp": now + _HOURS}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join(part.rstrip(b"=").decode() for part in parts) + ".c2lnbmF0dXJl"


def azure_login(url: str) -> dict[str, str]:
    """Environment variables with which Azure's SDK signs in."""
    return {"IDENTITY_ENDPOINT": f"{url}/azure", "IDENTITY_HEADER": "tests"}


def google_login(url: str, folder: Path) -> dict[str, str]:
    """Environment variables with which Google's SDK signs in: a key that is generated for the test."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    account = {
        "type": "service_account", "project_id": "tests", "private_key_id": "1", "private_key": text, "client_id": "1",
        "client_email": "tests@tests.iam.gserviceaccount.com", "token_uri": f"{url}/google",
    }  # fmt: skip
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}
