"""tls: real keys, requests and certificates."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from .base import CERTIFICATE, Overlay, Refusal, Values, blocks, text
from .time import written

_CURVES: dict[str, Any] = {"P224": ec.SECP224R1, "P256": ec.SECP256R1, "P384": ec.SECP384R1, "P521": ec.SECP521R1}
_SECRET = {"private_key_pem", "private_key_openssh", "private_key_pem_pkcs8"}
_SUBJECT = {
    "common_name": NameOID.COMMON_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "country": NameOID.COUNTRY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "postal_code": NameOID.POSTAL_CODE,
    "serial_number": NameOID.SERIAL_NUMBER,
    "street_address": NameOID.STREET_ADDRESS,
    "email_address": NameOID.EMAIL_ADDRESS,
}
_KEY_USES = {
    "digital_signature": "digital_signature", "content_commitment": "content_commitment", "key_encipherment": "key_encipherment", "data_encipherment": "data_encipherment",
    "key_agreement": "key_agreement", "cert_signing": "key_cert_sign", "crl_signing": "crl_sign", "encipher_only": "encipher_only", "decipher_only": "decipher_only",
}  # fmt: skip
_MORE_USES = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, "server_auth": ExtendedKeyUsageOID.SERVER_AUTH, "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING, "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION, "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING, "ipsec_end_system": ObjectIdentifier("1.3.6.1.5.5.7.3.5"), "ipsec_tunnel": ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec_user": ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
}  # fmt: skip
_SIGNED = {"early_renewal_hours": 0, "is_ca_certificate": False, "set_subject_key_id": False}


class Tls(Overlay):
    sensitive = {
        "tls_private_key": _SECRET,
        "ephemeral.tls_private_key": _SECRET,
        "tls_cert_request": {"private_key_pem", "private_key_pem_wo"},
        "tls_self_signed_cert": {"private_key_pem", "private_key_pem_wo"},
        "tls_locally_signed_cert": {"ca_private_key_pem", "ca_private_key_pem_wo"},
        "data.tls_public_key": {"private_key_pem", "private_key_openssh"},
        "ephemeral.tls_public_key": {"private_key_pem", "private_key_openssh"},
    }
    defaults = {
        "tls_private_key": {"rsa_bits": 2048, "ecdsa_curve": "P224"},
        "tls_self_signed_cert": {**_SIGNED, "set_authority_key_id": False},
        "tls_locally_signed_cert": _SIGNED,
    }

    def forces_new(self, kind: str, attribute: str) -> bool:
        return attribute not in ("early_renewal_hours", "ready_for_renewal")

    def refusals(self, kind: str, config: Values) -> list[str]:
        found = []
        algorithm, curve = config.get("algorithm"), config.get("ecdsa_curve")
        if isinstance(algorithm, str) and algorithm not in ("RSA", "ECDSA", "ED25519"):
            found.append(f'Attribute algorithm value must be one of: ["RSA" "ECDSA" "ED25519"], got: "{algorithm}"')
        if isinstance(curve, str) and curve not in _CURVES:
            found.append(f'Attribute ecdsa_curve value must be one of: {sorted(_CURVES)}, got: "{curve}"')
        uses = config.get("allowed_uses") if isinstance(config.get("allowed_uses"), list) else []
        wrong = [use for use in uses or [] if isinstance(use, str) and use not in _KEY_USES and use not in _MORE_USES]
        return found + [f'Attribute allowed_uses: "{use}" is not known' for use in wrong]

    def made(self, kind: str, values: Values, config: Values) -> Values:
        if kind == "tls_private_key":
            return _private(_generate(values))
        try:
            return _MADE[kind](values, config)
        except ValueError as exc:
            raise Refusal(f"{kind}: what was given cannot be read: {exc}") from exc

    def identity(self, kind: str, state: Values) -> str | None:
        return None

    def data(self, kind: str, config: Values) -> Values:
        if kind == "tls_public_key":
            return _public_of(config)
        content = text(config, "content") or CERTIFICATE
        told = [_told(one) for one in x509.load_pem_x509_certificates(content.encode())]
        return {"id": hashlib.sha1(content.encode()).hexdigest(), "certificates": told}

    def ephemeral(self, kind: str, config: Values) -> Values:
        if kind == "tls_public_key":
            return _public_of(config)
        rules = {name: config.get(name) or value for name, value in self.defaults["tls_private_key"].items()}
        return {**rules, **_private(_generate({**config, **rules}))}


def _generate(values: Values) -> Any:
    if values["algorithm"] == "RSA":
        return rsa.generate_private_key(65537, int(values["rsa_bits"]))
    if values["algorithm"] == "ECDSA":
        return ec.generate_private_key(_CURVES[values["ecdsa_curve"]]())
    return ed25519.Ed25519PrivateKey.generate()


def _private(key: Any) -> Values:
    """The computed attributes of a new key."""
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    forms = serialization.PrivateFormat
    pkcs8 = key.private_bytes(pem, forms.PKCS8, plain).decode()
    old = pkcs8 if algorithm(key) == "ED25519" else key.private_bytes(pem, forms.TraditionalOpenSSL, plain).decode()
    ssh = "" if _is_p224(key) else key.private_bytes(pem, forms.OpenSSH, plain).decode()
    return {"private_key_pem": old, "private_key_pem_pkcs8": pkcs8, "private_key_openssh": ssh, **_public(key)}


def _is_p224(key: Any) -> bool:
    """OpenSSH does not support this curve."""
    return algorithm(key) == "ECDSA" and key.curve.name == "secp224r1"


def _public(key: Any) -> Values:
    public = key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    found: Values = {"id": hashlib.sha1(pem.encode()).hexdigest(), "public_key_pem": pem}
    if _is_p224(key):
        return {
            **found,
            "public_key_openssh": "",
            "public_key_fingerprint_md5": "",
            "public_key_fingerprint_sha256": "",
        }
    ssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    blob = base64.b64decode(ssh.split(" ")[1])
    sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    found["public_key_openssh"] = f"{ssh}\n"
    found["public_key_fingerprint_md5"] = hashlib.md5(blob).digest().hex(":")
    return {**found, "public_key_fingerprint_sha256": f"SHA256:{sha256}"}


def _public_of(config: Values) -> Values:
    try:
        if text(config, "private_key_openssh"):
            key: Any = serialization.load_ssh_private_key(config["private_key_openssh"].encode(), None)
        else:
            key = _key(text(config, "private_key_pem"))
    except ValueError as exc:
        raise Refusal(f"the private key cannot be read: {exc}") from exc
    return {"algorithm": algorithm(key), **_public(key)}


def _key(pem: str) -> Any:
    return serialization.load_pem_private_key(pem.encode(), None)


def algorithm(key: Any) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "ED25519"


def _given(values: Values, config: Values, name: str) -> Any:
    """The private key of the arguments, from the stored or the write-only one."""
    return _key(text(config, f"{name}_wo") or text(values, name))


def _hash(key: Any) -> Any:
    return None if algorithm(key) == "ED25519" else hashes.SHA256()


def _name(values: Values) -> x509.Name:
    found = []
    for subject in blocks(values, "subject"):
        for name, oid in _SUBJECT.items():
            given = subject.get(name)
            found += [x509.NameAttribute(oid, one) for one in (given if isinstance(given, list) else [given]) if one]
    return x509.Name(found)


def _others(values: Values) -> x509.SubjectAlternativeName | None:
    found: list[x509.GeneralName] = [x509.DNSName(name) for name in values.get("dns_names") or []]
    found += [x509.IPAddress(ipaddress.ip_address(address)) for address in values.get("ip_addresses") or []]
    found += [x509.UniformResourceIdentifier(uri) for uri in values.get("uris") or []]
    return x509.SubjectAlternativeName(found) if found else None


def _request(values: Values, config: Values) -> Values:
    key, others = _given(values, config, "private_key_pem"), _others(values)
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(values))
    if others:
        builder = builder.add_extension(others, critical=False)
    pem = builder.sign(key, _hash(key)).public_bytes(serialization.Encoding.PEM).decode()
    return {"id": hashlib.sha1(pem.encode()).hexdigest(), "cert_request_pem": pem, "key_algorithm": algorithm(key)}


def _self_signed(values: Values, config: Values) -> Values:
    key, name = _given(values, config, "private_key_pem"), _name(values)
    return {**_certified(values, key, name, name, key.public_key(), _others(values)), "key_algorithm": algorithm(key)}


def _locally_signed(values: Values, config: Values) -> Values:
    key = _given(values, config, "ca_private_key_pem")
    request = x509.load_pem_x509_csr(values["cert_request_pem"].encode())
    authority = x509.load_pem_x509_certificate(values["ca_cert_pem"].encode())
    others = [e.value for e in request.extensions if isinstance(e.value, x509.SubjectAlternativeName)]
    made = _certified(values, key, request.subject, authority.subject, request.public_key(), others[0] if others else None, authority)  # fmt: skip
    return {**made, "ca_key_algorithm": algorithm(key)}


def _certified(
    values: Values,
    key: Any,
    subject: x509.Name,
    issuer: x509.Name,
    public: Any,
    others: x509.SubjectAlternativeName | None,
    authority: x509.Certificate | None = None,
) -> Values:
    """A certificate for a public key, signed with a key, and its computed attributes."""
    start = datetime.now(timezone.utc).replace(microsecond=0)
    end = start + timedelta(hours=int(values["validity_period_hours"]))
    serial = x509.random_serial_number()
    builder = x509.CertificateBuilder(issuer, subject, public, serial, start, end)
    for extension, critical in _extensions(values, key, public, others, authority):
        builder = builder.add_extension(extension, critical)
    pem = builder.sign(key, _hash(key)).public_bytes(serialization.Encoding.PEM).decode()
    times = {"validity_start_time": written(start), "validity_end_time": written(end), "ready_for_renewal": False}
    return {"id": str(serial), "cert_pem": pem, "max_path_length": values.get("max_path_length"), **times}


def _extensions(
    values: Values,
    key: Any,
    public: Any,
    others: x509.SubjectAlternativeName | None,
    authority: x509.Certificate | None,
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    uses = set(values.get("allowed_uses") or [])
    if uses & set(_KEY_USES):
        yield x509.KeyUsage(**{mine: name in uses for name, mine in _KEY_USES.items()}), True
    if uses & set(_MORE_USES):
        yield x509.ExtendedKeyUsage([oid for name, oid in _MORE_USES.items() if name in uses]), False
    if values.get("is_ca_certificate") is True:
        longest = values.get("max_path_length")
        yield x509.BasicConstraints(True, longest if isinstance(longest, int) and longest >= 0 else None), True
    if values.get("set_subject_key_id") is True:
        yield x509.SubjectKeyIdentifier.from_public_key(public), False
    if authority is not None or values.get("set_authority_key_id") is True:
        yield x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False
    if others is not None:
        yield others, False


def _told(one: x509.Certificate) -> Values:
    """The attributes of a certificate in the data source."""
    constraints = [e.value for e in one.extensions if isinstance(e.value, x509.BasicConstraints)]
    return {
        "cert_pem": one.public_bytes(serialization.Encoding.PEM).decode(),
        "is_ca": any(c.ca for c in constraints),
        "issuer": one.issuer.rfc4514_string(),
        "max_path_length": next((c.path_length for c in constraints if c.path_length is not None), -1),
        "not_after": written(one.not_valid_after_utc),
        "not_before": written(one.not_valid_before_utc),
        "public_key_algorithm": "ECDSA" if isinstance(one.public_key(), ec.EllipticCurvePublicKey) else "RSA",
        "serial_number": str(one.serial_number),
        "sha1_fingerprint": one.fingerprint(hashes.SHA1()).hex(),
        "signature_algorithm": "ECDSA-SHA256"
        if one.signature_algorithm_oid.dotted_string.startswith("1.2.840.10045")
        else "SHA256-RSA",
        "subject": one.subject.rfc4514_string(),
        "version": one.version.value + 1,
    }


_MADE = {
    "tls_cert_request": _request,
    "tls_self_signed_cert": _self_signed,
    "tls_locally_signed_cert": _locally_signed,
}
