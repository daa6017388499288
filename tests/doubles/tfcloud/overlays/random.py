"""random: real values of the correct length and alphabet; equal for equal arguments in the same order."""

from __future__ import annotations

import base64
import ctypes
import ctypes.util
import random
import secrets
import string
import threading
import uuid
from collections import Counter
from typing import Any

from .base import Overlay, Values, digest, text

_CLASSES = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": "!@#$%&*()-_=+[]{}<>:?",
}
_RULES: Values = {**dict.fromkeys(_CLASSES, True), **{f"min_{name}": 0 for name in _CLASSES}}
_PET = (
    ("calmly", "early", "gladly", "kindly", "neatly", "openly", "quickly", "softly"),
    ("amber", "brave", "clear", "eager", "fresh", "proud", "quiet", "sunny"),
    ("badger", "crane", "falcon", "heron", "marten", "otter", "salmon", "weasel"),
)


class Random(Overlay):
    sensitive = {
        "random_password": {"result", "bcrypt_hash"},
        "random_bytes": {"base64", "hex"},
        "ephemeral.random_password": {"result", "bcrypt_hash"},
        "ephemeral.random_bytes": {"base64", "hex"},
    }
    defaults = {
        "random_password": {**_RULES, "number": True},
        "random_string": {**_RULES, "number": True},
        "random_pet": {"length": 2, "separator": "-"},
    }

    def __init__(self) -> None:
        super().__init__()
        self._made: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def forces_new(self, kind: str, attribute: str) -> bool:
        return True

    def refusals(self, kind: str, config: Values) -> list[str]:
        if kind == "random_integer" and _numbers(config, "min", "max") and config["min"] > config["max"]:
            return ["The minimum (min) value needs to be smaller than or equal to maximum (max) value."]
        least = [config.get(f"min_{name}") or 0 for name in _CLASSES]
        if (
            not kind.endswith(("_password", "_string"))
            or not _numbers(config, "length")
            or not all(map(_number, least))
        ):
            return []
        return (
            ["Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special"]
            if config["length"] < max(1, sum(least))
            else []
        )

    def plan(self, kind: str, prior: Values | None, planned: Values, config: Values) -> None:
        if "number" in planned:
            planned["number"] = planned["numeric"]

    def made(self, kind: str, values: Values, config: Values) -> Values:
        asked = digest(kind, values)
        with self._lock:
            self._made[self.cloud, asked] += 1
            turn = self._made[self.cloud, asked]
        return _VALUES[kind.removeprefix("random_")](values, random.Random(f"{asked}{turn}"))

    def ephemeral(self, kind: str, config: Values) -> Values:
        rules = {**_RULES, **{name: value for name, value in config.items() if value is not None}}
        made = _VALUES[kind.removeprefix("random_")](rules, secrets.SystemRandom())
        return rules | made


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbers(values: Values, *names: str) -> bool:
    return all(_number(values.get(name)) for name in names)


def characters(rules: Values, source: random.Random) -> str:
    """The requested number of characters of the allowed classes, with the minimum number of each."""
    classes = {**_CLASSES, "special": text(rules, "override_special") or _CLASSES["special"]}
    found = [source.choice(classes[name]) for name in classes for _ in range(int(rules.get(f"min_{name}") or 0))]
    allowed = "".join(letters for name, letters in classes.items() if rules.get(name) is not False)
    found += [source.choice(allowed) for _ in range(int(rules["length"]) - len(found))]
    source.shuffle(found)
    return "".join(found)


def _password(values: Values, source: random.Random) -> Values:
    result = characters(values, source)
    salt = "".join(source.choice(string.ascii_letters + string.digits + "./") for _ in range(21)) + "."
    return {"id": "none", "result": result, "bcrypt_hash": _bcrypt(result, salt)}


def _bcrypt(password: str, salt: str) -> str | None:
    """A real hash from the library that also checks account passwords; null if the library is not available."""
    name = ctypes.util.find_library("crypt")
    if name is None:
        return None
    crypt = ctypes.CDLL(name).crypt
    crypt.restype = ctypes.c_char_p
    with _CRYPT:
        found: bytes | None = crypt(password.encode()[:72], f"$2b$10${salt}".encode())
    return found.decode().replace("$2b$", "$2a$", 1) if found and found.startswith(b"$2b$") else None


_CRYPT = threading.Lock()  # its answer lies in one place for all threads


def _string(values: Values, source: random.Random) -> Values:
    result = characters(values, source)
    return {"id": result, "result": result}


def _bytes(values: Values, source: random.Random) -> Values:
    found = source.randbytes(int(values["length"]))
    return {"base64": base64.b64encode(found).decode(), "hex": found.hex()}


def _id(values: Values, source: random.Random) -> Values:
    found, prefix = source.randbytes(int(values["byte_length"])), text(values, "prefix")
    url = base64.urlsafe_b64encode(found).decode().rstrip("=")
    return {
        "id": url,
        "b64_url": prefix + url,
        "b64_std": prefix + base64.b64encode(found).decode(),
        "hex": prefix + found.hex(),
        "dec": prefix + str(int.from_bytes(found, "big")),
    }


def _integer(values: Values, source: random.Random) -> Values:
    chosen = random.Random(values["seed"]) if text(values, "seed") else source
    result = chosen.randint(int(values["min"]), int(values["max"]))
    return {"id": str(result), "result": result}


def _shuffle(values: Values, source: random.Random) -> Values:
    given, chosen = list(values["input"]), random.Random(values["seed"]) if text(values, "seed") else source
    count = values.get("result_count")
    count = len(given) if count is None else int(count)
    result: list[str] = []
    while given and len(result) < count:
        result += chosen.sample(given, len(given))
    return {"id": "-", "result": result[:count]}


def _pet(values: Values, source: random.Random) -> Values:
    length = int(values["length"])
    words = [source.choice(_PET[0]) for _ in range(length - 2)] + [
        source.choice(kind) for kind in _PET[-min(length, 2) :]
    ]
    return {"id": text(values, "separator").join([word for word in (text(values, "prefix"),) if word] + words)}


def _uuid(values: Values, source: random.Random) -> Values:
    found = str(uuid.UUID(bytes=source.randbytes(16), version=4))
    return {"id": found, "result": found}


def _uuid7(values: Values, source: random.Random) -> Values:
    number = int.from_bytes(source.randbytes(16), "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    found = str(uuid.UUID(int=number))
    return {"id": found, "result": found}


_VALUES = {
    "password": _password, "string": _string, "bytes": _bytes, "id": _id, "integer": _integer, "shuffle": _shuffle, "pet": _pet,
    "uuid": _uuid, "uuid4": _uuid, "uuid7": _uuid7,
}  # fmt: skip
