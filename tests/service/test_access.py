"""Who comes in, what they may do, and what is told of secrets: nothing."""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mfruntime.errors import CommandException
from mfruntime.service.auth import auth, oidc
from mfruntime.service.config import Config
from mfruntime.service.http.limits import RateLimit
from mfruntime.service.http_errors import HttpError
from tests.doubles.metadata_service import Program, run_program

from .conftest import Caller

AUDIENCE = "mfinfra"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Caller]]:
    """Starts the service over SQLite with settings."""
    made: list[Caller] = []

    def start(**settings: Any) -> Caller:
        made.append(Caller(Config(database=f"sqlite:///{tmp_path}/m.db", **settings)))
        return made[-1]

    yield start
    for caller in made:
        caller.close()


@pytest.fixture
def tokens(tmp_path: Path) -> str:
    path = tmp_path / "tokens.json"
    entries = [
        {"token": "reads", "name": "reader", "role": "read"},
        {"token": "writes", "name": "writer", "role": "write", "flows": ["Train*"]},
        {"sha256": hashlib.sha256(b"rules").hexdigest(), "name": "boss", "role": "admin"},
    ]
    path.write_text(json.dumps({"tokens": entries}))
    return str(path)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_key_is_needed_for_all_but_signs_of_life(make: Any, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("# keys of the team\nci:k1\nk2\n")
    caller = make(api_key_file=str(tmp_path / "keys"))
    for path in ("/ping", "/version", "/healthcheck", "/healthz", "/readyz", "/openapi.json"):
        assert caller.get(path).status_code == 200, path
    for headers in ({}, {"x-api-key": "k3"}, {"x-api-key": ""}, bearer("k1"), {"authorization": "Basic azE="}):
        answer = caller.get("/flows", **headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["METADATA_SERVICE_VERSION"] == "2.5.1"
        assert answer.json()["message"]
    for key in ("k1", "k2"):
        assert caller.get("/flows", **{"x-api-key": key}).status_code == 200


def test_roles_and_flows_of_tokens_are_kept_to(make: Any, tokens: str) -> None:
    caller = make(token_file=tokens)
    assert caller.post("/flows/Train1", {}, **bearer("reads")).status_code == 403
    assert caller.post("/flows/Train1", {}, **bearer("writes")).status_code == 200
    refused = caller.post("/flows/Other", {}, **bearer("writes"))
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "Access denied: writer has no permission for the flow Other.",
    )
    assert caller.post("/flows/Other", {}, **bearer("rules")).status_code == 200
    assert [f["flow_id"] for f in caller.get("/flows", **bearer("writes")).json()] == ["Train1"]
    assert [f["flow_id"] for f in caller.get("/flows", **bearer("reads")).json()] == ["Other", "Train1"]
    assert caller.get("/flows/Other/runs", **bearer("writes")).status_code == 403
    assert caller.get("/metrics", **bearer("writes")).status_code == 403
    assert "mf_metadata_requests_total" in caller.get("/metrics", **bearer("rules")).text
    assert caller.get("/flows", **{"x-api-key": "reads"}).status_code == 200  # as stock clients send it


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"tokens": []}', '{"tokens": [{"token": "s3cret"}]}', '{"tokens": [{"name": "x", "role": "read"}]}',
     '{"tokens": [{"token": "s3cret", "name": "x", "role": "root"}]}',
     '{"tokens": [{"sha256": "abc", "name": "x", "role": "read"}]}'],
)  # fmt: skip
def test_a_file_of_tokens_that_cannot_be_understood_is_named_and_not_shown(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(CommandException, match=str(tmp_path)) as caught:
        auth.read_tokens(str(tmp_path / "t.json"))
    assert "s3cret" not in str(caught.value)
    with pytest.raises(CommandException, match="cannot be read"):
        auth.read_keys(str(tmp_path / "none"))


def test_too_many_requests_are_told_when_to_come_again(make: Any) -> None:
    caller = make(rate_limit=2.0)
    statuses = [caller.get("/ping").status_code for _ in range(10)]
    assert statuses.count(200) in (4, 5)
    refused = caller.get("/ping")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")


def test_a_client_cannot_choose_whom_its_requests_are_counted_for(tmp_path: Path) -> None:
    """By default a header is not believed; with a trusted proxy, only what that proxy added is."""
    for options, forged, honest in (
        ((), 429, 429),
        (("--trusted-proxies", "127.0.0.0/8"), 429, 200),
        (("--trusted-proxies", "10.0.0.0/8"), 429, 429),
    ):
        program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "log")
        program.start("--rate-limit", "0.2", *options)  # one request, and the next after 5 seconds
        try:

            def status(value: str, url: str = program.url) -> int:
                return httpx.get(url + "/ping", headers={"x-forwarded-for": value}).status_code

            assert [status(f"192.0.2.{n}, 198.51.100.7") for n in range(3)][-1] == forged
            assert status("198.51.100.8") == honest
        finally:
            program.stop()


@pytest.mark.parametrize("value", ["*", "proxy.example", "10.0.0.0/33", "10.0.0.1;10.0.0.2"])
def test_a_proxy_that_is_no_address_is_refused(value: str) -> None:
    done = run_program("--port", "0", "--trusted-proxies", value)
    assert (done.returncode, "CIDR range" in done.stderr) == (1, True), done.stderr


def test_the_document_of_the_interface_is_generated_once(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mfruntime.service import openapi

    caller = make()
    first = caller.get("/openapi.json").text
    monkeypatch.setattr(openapi, "_operation", None)
    assert caller.get("/openapi.json").text == first


def test_guesses_at_keys_are_limited_too(make: Any, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("k1\n")
    caller = make(rate_limit=1.0, api_key_file=str(tmp_path / "keys"))
    statuses = [caller.get("/flows", **{"x-api-key": f"guess{n}"}).status_code for n in range(5)]
    assert statuses[:2] == [401, 401] and statuses[-1] == 429
    assert caller.get("/flows", **{"x-api-key": "k1"}).status_code == 200


def test_a_bucket_fills_again_and_each_client_has_its_own() -> None:
    now = [0.0]
    limit = RateLimit(1.0, lambda: now[0])
    for _ in range(2):
        limit.take("a")
    with pytest.raises(HttpError, match="Too many"):
        limit.take("a")
    limit.take("b")
    now[0] = 1.0
    limit.take("a")
    for n in range(25_000):
        limit.take(f"c{n}")
    assert len(limit._buckets) <= 10_001


def test_browsers_of_other_origins_are_let_in_only_where_it_is_said(make: Any) -> None:
    origin = {"origin": "https://ui.example"}
    assert "access-control-allow-origin" not in make().get("/ping", **origin).headers
    allowed = make(cors_origins=("https://ui.example",)).get("/ping", **origin)
    assert allowed.headers["access-control-allow-origin"] == "https://ui.example"


class Provider:
    """An identity provider on the loopback interface."""

    def __init__(self) -> None:
        self.keys = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self.asked, self.broken = 0, False
        self.answers = threading.Event()
        self.answers.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                outer.answers.wait(4)
                self.send_response(500 if outer.broken else 200)
                self.end_headers()
                self.wfile.write(json.dumps(outer.document(self.path)).encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self) -> Callable[[], None]:
        """Do not respond until the returned function is called."""
        self.answers.clear()
        return self.answers.set

    def document(self, path: str) -> Any:
        if path.endswith("openid-configuration"):
            return {"jwks_uri": self.issuer + "/keys"}
        algorithm = jwt.algorithms.RSAAlgorithm
        jwks = [{**algorithm.to_jwk(k.public_key(), as_dict=True), "kid": kid} for kid, k in self.keys.items()]
        return {"keys": [*jwks, {"kty": "strange", "kid": "x"}]}

    def token(self, kid: str = "one", key: Any = None, algorithm: str = "RS256", **claims: Any) -> str:
        now = int(time.time())
        content = {"iss": self.issuer, "aud": AUDIENCE, "exp": now + 60, "sub": "me", "roles": ["write"], **claims}
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(content, key or self.keys[kid], algorithm, headers={"kid": kid})


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def guarded(make: Any, provider: Provider) -> Caller:
    return make(oidc_issuer=provider.issuer, oidc_audience=AUDIENCE)  # type: ignore[no-any-return]


def test_tokens_of_the_provider_are_let_in(guarded: Caller, provider: Provider) -> None:
    for _ in range(3):
        assert guarded.post("/flows/F", {}, **bearer(provider.token())).status_code in (200, 409)
    assert provider.asked == 2  # its configuration and its keys, once
    assert guarded.get("/flows", **bearer(provider.token(roles="read"))).status_code == 200
    assert guarded.post("/flows/G", {}, **bearer(provider.token(roles="read"))).status_code == 403
    assert guarded.get("/flows/F", **bearer(provider.token(flows=["Other*"]))).status_code == 403


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1000}, "expired"),
        ({"aud": "another"}, "audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": None}, "claims"),
        ({"nbf": 4_000_000_000}, "claims"),
    ],
)
def test_tokens_that_do_not_hold_are_refused_with_the_reason(
    guarded: Caller, provider: Provider, claims: Any, reason: str
) -> None:
    token = provider.token(**claims)
    answer = guarded.get("/flows", **bearer(token))
    assert (answer.status_code, reason in answer.json()["message"]) == (401, True), answer.text
    assert token not in answer.text


def test_tokens_of_other_hands_are_refused(guarded: Caller, provider: Provider) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = (
        provider.keys["one"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    header, _, rest = provider.token().partition(".")
    unsigned = jwt.encode({"iss": provider.issuer, "aud": AUDIENCE, "exp": 4_000_000_000}, "", "none", {"kid": "one"})
    confused = jwt.encode({"iss": provider.issuer}, hashlib.sha256(public).digest(), "HS256", {"kid": "one"})
    for token in (provider.token(key=other), unsigned, confused, "x.y.z", header + "." + rest[:-4] + "AAAA", "é"):
        assert guarded.get("/flows", authorization=f"Bearer {token}".encode()).status_code == 401  # type: ignore[arg-type]
    assert guarded.get("/flows", **bearer(provider.token(roles=None))).status_code == 403


def test_a_new_key_of_the_provider_is_learnt(
    guarded: Caller, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert guarded.get("/flows", **bearer(provider.token())).status_code == 200
    provider.keys["two"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert guarded.get("/flows", **bearer(provider.token("two"))).status_code == 401  # keys were just fetched
    monkeypatch.setattr(oidc, "REFRESH_SECONDS", 0)
    assert guarded.get("/flows", **bearer(provider.token("two"))).status_code == 200
    provider.broken = True
    monkeypatch.setattr(oidc, "KEYS_KEPT_SECONDS", 0)
    assert guarded.get("/flows", **bearer(provider.token())).status_code == 200  # the known keys still count


def test_a_provider_that_does_not_answer_is_told_as_503(guarded: Caller, provider: Provider) -> None:
    provider.broken = True
    assert guarded.get("/flows", **bearer(provider.token())).status_code == 503
    assert guarded.get("/ping").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": [{"name": "admin"}]}, {"roles": {"admin": True}}, {"roles": [["admin"]]}, {"roles": 7},
        {"roles": ["admin", None]}, {"roles": True}, {"flows": {"*": 1}}, {"flows": [["*"]]}, {"flows": 1},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("default", [None, "read"])
def test_claims_of_an_odd_shape_grant_nothing(make: Any, provider: Provider, claims: Any, default: str | None) -> None:
    caller = make(oidc_issuer=provider.issuer, oidc_audience=AUDIENCE, oidc_default_role=default)
    for path in ("/flows/F", "/flows"):
        answer = caller.get(path, **bearer(provider.token(**claims)))
        assert (answer.status_code, answer.json()["status"]) == (403, 403), answer.text


def test_tokens_that_are_no_tokens_are_refused_however_odd(guarded: Caller, provider: Provider) -> None:
    import base64

    def encoded(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    deep = encoded("[" * 30_000)
    odd = [f"{deep}.{deep}.x", encoded('{"alg": "RS256", "kid": ["one"]}') + ".e30.x", provider.token(exp=float("inf"))]
    for token in (*odd, provider.token(nbf={}), provider.token(aud={"a": 1})):
        assert guarded.get("/flows", **bearer(token)).status_code == 401, token[:80]


def test_a_download_of_keys_holds_up_no_token_with_a_known_key(
    guarded: Caller, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert guarded.get("/flows", **bearer(provider.token())).status_code == 200
    monkeypatch.setattr(oidc, "REFRESH_SECONDS", 0)
    provider.keys["two"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    release = provider.hold()
    unknown: list[int] = []
    waiting = threading.Thread(
        target=lambda: unknown.append(guarded.get("/flows", **bearer(provider.token("two"))).status_code)
    )
    waiting.start()
    time.sleep(0.2)
    monkeypatch.setattr(oidc, "KEYS_KEPT_SECONDS", 0)  # the known keys are old too
    began = time.monotonic()
    assert guarded.get("/flows", **bearer(provider.token())).status_code == 200
    assert time.monotonic() - began < 1
    release()
    waiting.join(10)
    assert unknown == [200]


def test_an_issuer_without_an_audience_is_refused() -> None:
    with pytest.raises(CommandException, match="audience"):
        Caller(Config(oidc_issuer="https://id.example"))
    with pytest.raises(CommandException, match="http"):
        Caller(Config(oidc_issuer="file:///etc/passwd", oidc_audience="x"))


def test_the_document_of_the_interface_names_every_path(make: Any) -> None:
    from mfruntime.service.routes.table import ROUTES

    answer: httpx.Response = make().get("/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert {(m.upper(), p) for p, item in document["paths"].items() for m in item} == {
        (r.method, r.path) for r in ROUTES
    }
    references = set(_references(document))
    assert references <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    ids = [o["operationId"] for item in document["paths"].values() for o in item.values()]
    assert len(ids) == len({*ids})


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate for the loopback address, signed by itself, and its key."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_it_speaks_tls(tmp_path: Path) -> None:
    import ssl

    cert, key = certificate(tmp_path)
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "log")
    trusted = ssl.create_default_context(cafile=cert)
    program.start("--tls-certificate", cert, "--tls-key", key, ready=False)
    try:
        url = program.url.replace("http:", "https:")
        for _ in range(200):
            try:
                answer = httpx.get(url + "/ping", verify=trusted)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        assert answer.text == "pong"
        with pytest.raises(httpx.ConnectError):
            httpx.get(url + "/ping")
    finally:
        program.stop()


def test_tls_is_spoken_in_its_newer_forms_only(tmp_path: Path) -> None:
    import socket
    import ssl

    cert, key = certificate(tmp_path)
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "log")
    program.start("--tls-certificate", cert, "--tls-key", key, ready=False)

    def cipher(ciphers: str) -> str:
        context = ssl.create_default_context(cafile=cert)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
        raw = socket.create_connection(("127.0.0.1", program.port), 5)
        with raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as sock:
            return str(sock.cipher()[0])  # type: ignore[index]

    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", program.port)).close()
                break
            except OSError:
                time.sleep(0.05)
        assert "GCM" in cipher("ECDHE+AESGCM")
        for old in ("AES128-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA256"):  # no key of its own, or no AEAD
            with pytest.raises((ssl.SSLError, ConnectionError)):
                cipher(old)
    finally:
        program.stop()


@pytest.mark.parametrize("option", ["--tls-key", "--tls-client-ca"])
def test_half_of_what_tls_needs_is_refused_and_not_served_in_the_clear(tmp_path: Path, option: str) -> None:
    cert, key = certificate(tmp_path)
    done = run_program(
        "--port", "0", "--database", f"sqlite:///{tmp_path}/m.db", option, key if "key" in option else cert
    )
    assert (done.returncode, "TLS needs a certificate" in done.stderr) == (1, True), done.stderr


def test_flows_that_a_token_may_not_see_show_in_no_page_and_no_cursor(make: Any, tmp_path: Path, tokens: str) -> None:
    import base64

    caller = make(token_file=tokens)
    names = sorted([f"Secret{n:02}" for n in range(12)] + [f"Train{n}" for n in range(5)] + ["Aaa", "Zzz"])
    for name in names:
        assert caller.post(f"/flows/{name}", {}, **bearer("rules")).status_code == 200
    seen, cursor, pages = [], "", 0
    while True:
        answer = caller.get(f"/flows?_limit=2{cursor}", **bearer("writes"))
        seen += [flow["flow_id"] for flow in answer.json()]
        pages += 1
        following = answer.headers.get("x-next-cursor")
        if following is None:
            break
        assert "Train" in base64.urlsafe_b64decode(following + "==").decode()
        cursor = f"&_cursor={following}"
    assert (seen, pages) == ([f"Train{n}" for n in range(5)], 3)
    assert [f["flow_id"] for f in caller.get("/flows", **bearer("writes")).json()] == seen


def test_every_route_asks_for_a_role_or_tells_nothing_of_runs(make: Any, tokens: str) -> None:
    """No key: 401 on all but what monitors ask. A key of another flow: 403 on all that concerns a flow."""
    from mfruntime.service.routes.table import ROUTES

    caller = make(token_file=tokens)
    for route in ROUTES:
        path = re.sub(r"{\w+}", "1", route.path.replace("{flow_id}", "Other"))

        def status(method: str = route.method, path: str = path, **headers: str) -> int:
            return int(caller.run(caller.client.request(method, path, headers=headers, content=b"{}")).status_code)

        if not route.role:
            assert path in _OPEN
            continue
        assert status() == status(**bearer("wrong")) == 401, path
        if "Other" in path or route.role == "admin":
            assert status(**bearer("writes")) == 403, path
        if route.method != "GET":
            assert status(**bearer("reads")) == 403, path


_OPEN = {
    "/ping", "/version", "/healthcheck", "/healthz", "/readyz", "/openapi.json", "/auth/token", "/db_schema_status"
}  # fmt: skip


def test_our_own_mistakes_are_told_without_their_inside(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = make()

    async def broken(*_: Any) -> None:
        raise RuntimeError("pw-s3cret in a message")

    monkeypatch.setattr(caller.app.state.dispatcher._service.database, "read_part", broken)
    answer = caller.get("/flows")
    assert (answer.status_code, answer.json()["traceback"]) == (500, "")
    assert "s3cret" not in answer.text and "RuntimeError" not in answer.text


def test_paths_that_hold_line_breaks_are_answered_as_all_are(make: Any) -> None:
    answer = make().get("/flows/a%0Ab/runs")
    assert answer.headers["METADATA_SERVICE_VERSION"] == "2.5.1"
    assert answer.json() == []


class Tracer:
    """Stands for OpenTelemetry's."""

    def __init__(self) -> None:
        self.spans: list[str] = []

    def start_as_current_span(self, name: str, context: Any, attributes: Any) -> Any:
        from contextlib import nullcontext

        self.spans.append(f"{name} {context['traceparent']} {attributes['http.route']}")
        return nullcontext()


def test_spans_are_made_where_a_tracer_is_configured(make: Any) -> None:
    from mfruntime.service.tracing import Traces, traces

    assert not traces({}).on
    assert not traces({"OTEL_TRACES_EXPORTER": "none"}).on
    caller, tracer = make(), Tracer()
    caller.app.state.dispatcher._traces = Traces(tracer, lambda carrier: carrier)
    caller.get("/flows/F", traceparent="00-ab-cd-01")
    assert tracer.spans == ["GET /flows/{flow_id} 00-ab-cd-01 /flows/{flow_id}"]
