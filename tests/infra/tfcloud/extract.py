"""Read the schemas of a Terraform provider out of the package that has them as generated TypeScript.

    python -m tests.infra.tfcloud.extract WHEEL OUT.json TYPE [data.TYPE] [ephemeral.TYPE] ...

The wheels (cdktn-provider-*, MPL-2.0) hold one JavaScript file per type whose source map carries the TypeScript. Only
the standard library is needed. The result has the form of `terraform providers schema -json`.
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FLAGS = re.compile(r"^ *// (\w+) - computed: (\w+), optional: (\w+), required: (\w+)$", re.M)
_CLASS = re.compile(r"^export class (\w+) extends cdktn\.(\w+)", re.M)
_ENTRY = re.compile(
    r"^ +(\w+): \{\n +value: (.*?),\n +isBlock: \w+,\n +type: \"(\w+)\",\n +storageClassType: \"(\w+)\"", re.M | re.S
)
_PARTS = {"data": "data_source_schemas", "ephemeral": "ephemeral_resource_schemas", "": "resource_schemas"}
_SIMPLE: dict[str, Any] = {
    "string": "string", "number": "number", "boolean": "bool", "stringList": ["list", "string"],
    "numberList": ["list", "number"], "stringMap": ["map", "string"], "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"], "anyMap": "dynamic", "any": "dynamic",
    "stringListList": ["list", ["list", "string"]], "stringListMap": ["map", ["list", "string"]],
}  # fmt: skip
_GETTERS: dict[str, Any] = {
    "getStringAttribute": "string", "getNumberAttribute": "number", "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"], "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"], "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"], "getAnyMapAttribute": "dynamic", "interpolationForAttribute": "dynamic",
}  # fmt: skip
_MAPS = {"StringMap": ["map", "string"], "NumberMap": ["map", "number"], "BooleanMap": ["map", "bool"],
         "StringMapList": ["list", ["map", "string"]], "AnyMap": "dynamic", "StringListMap": ["map", ["list", "string"]]}  # fmt: skip


def sources(wheel: Path, folders: set[str]) -> Iterator[tuple[str, str]]:
    """(folder, TypeScript) of the types in these folders of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        packed = next(n for n in archive.namelist() if "_jsii/" in n and n.endswith(".tgz"))
        content = io.BytesIO(archive.read(packed))
    found: dict[str, list[str]] = {}
    with tarfile.open(fileobj=content, mode="r:gz") as files:
        for member in files:
            parts = member.name.split("/")
            if len(parts) < 4 or parts[2] not in folders or not member.name.endswith(".js"):
                continue
            handle = files.extractfile(member)
            assert handle is not None
            encoded = handle.read().decode().rsplit("base64,", 1)[1].strip()
            found.setdefault(parts[2], []).extend(json.loads(base64.b64decode(encoded))["sourcesContent"])
    for folder, texts in found.items():
        yield folder, "\n".join(texts)


class Reader:
    """One type's TypeScript."""

    def __init__(self, text: str) -> None:
        self.classes: dict[str, str] = {}
        self.root = ""
        starts = [*_CLASS.finditer(text)]
        cuts = [m.start() for m in re.finditer(r"^export ", text, re.M)] + [len(text)]
        for start in starts:
            end = next(cut for cut in cuts if cut > start.start())
            self.classes[start.group(1)] = text[start.start() : end]
            if start.group(2) in (
                "TerraformResource",
                "TerraformDataSource",
                "TerraformEphemeralResource",
                "TerraformProvider",
            ):
                self.root = start.group(1)
        self.text = text

    def schema(self) -> dict[str, Any]:
        body = self.classes[self.root]
        return {
            "version": 0,
            "block": self._block(body, body[body.index("synthesizeHclAttributes") :], f"{self.root}Config"),
        }

    def _struct(self, name: str) -> dict[str, Any]:
        body = self.classes.get(f"{name}OutputReference", "")
        return self._block(body, self._hcl(name), name)

    def _hcl(self, name: str) -> str:
        start = self.text.find(f"export function {name[0].lower()}{name[1:]}ToHclTerraform(")
        if start < 0:
            raise ValueError(f"no function for {name}")
        end = self.text.find("\nexport ", start + 1)
        return self.text[start : end if end > 0 else None]

    def _interface(self, name: str) -> str:
        start = self.text.find(f"export interface {name} ")
        return self.text[start : self.text.find("\n}", start)] if start >= 0 else ""

    def _members(self, body: str) -> Iterator[tuple[str, bool, bool, bool, str]]:
        found = [*_FLAGS.finditer(body)]
        for index, match in enumerate(found):
            end = found[index + 1].start() if index + 1 < len(found) else len(body)
            name, *flags = match.groups()
            computed, optional, required = (flag == "true" for flag in flags)
            yield name, computed, optional, required, body[match.end() : end]

    def _block(self, body: str, hcl: str, interface: str) -> dict[str, Any]:
        entries = {m.group(1): m.groups()[1:] for m in _ENTRY.finditer(hcl)}
        doc = self._interface(interface)
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        flags = {name: (c, o, r, text) for name, c, o, r, text in self._members(body)}
        if not flags:  # structs of provider blocks have no class
            for name in entries:
                optional = re.search(rf"readonly {_camel(name)}\?:", doc) is not None
                flags[name] = (False, optional, not optional, "")
        for name, (computed, optional, required, text) in flags.items():
            entry = entries.get(name)
            if entry is None:
                attributes[name] = {"type": self._computed(name, text), **_set(computed=computed)}
                continue
            value, kind, storage = entry
            nesting = self._nesting(name, value, kind, storage, doc)
            if nesting is None:
                attributes[name] = {
                    "type": self._type(value, kind, storage),
                    **_set(computed=computed, optional=optional, required=required),
                }
            else:
                mode, most = nesting
                inner = self._struct(_bare(storage))
                found = {"nesting_mode": mode, "block": inner}
                found |= {"max_items": most} if most else {}
                found |= {"min_items": 1} if required and mode != "single" else {}
                blocks[name] = found
        result: dict[str, Any] = {}
        if attributes:
            result["attributes"] = dict(sorted(attributes.items()))
        if blocks:
            result["block_types"] = dict(sorted(blocks.items()))
        return result

    def _nesting(self, name: str, value: str, kind: str, storage: str, doc: str) -> tuple[str, int] | None:
        """The nesting of a block, None for an attribute."""
        if storage in _SIMPLE:
            return None
        if "listMapperHcl(" in value:
            return (kind, 0) if re.search(r", true\)", value) else None
        if "hashMapperHcl(" in value:
            return None
        if kind in ("list", "set"):
            return kind, 1
        return ("single", 0) if re.search(rf"\* {name} block\n", doc) else None

    def _type(self, value: str, kind: str, storage: str) -> Any:
        if storage in _SIMPLE:
            simple = _SIMPLE[storage]
            return ["set", simple[1]] if kind == "set" else simple
        inner = self._object(_bare(storage))
        if kind in ("list", "set", "map"):
            return [kind, inner]
        return inner

    def _object(self, name: str) -> Any:
        """The cty object of a struct."""
        block = (
            self._struct(name)
            if f"export function {name[0].lower()}{name[1:]}ToHclTerraform(" in self.text
            else self._of_class(name)
        )
        return ["object", _members_of(block)]

    def _of_class(self, name: str) -> dict[str, Any]:
        body = self.classes[f"{name}OutputReference"]
        return {"attributes": {n: {"type": self._computed(n, text)} for n, _, _, _, text in self._members(body)}}

    def _computed(self, name: str, text: str) -> Any:
        made = re.search(r"new (?:cdktn\.)?(\w+)\(this, \"\w+\"(?:, (\w+))?\)", text)
        if made and made.group(1) in _MAPS:
            return _MAPS[made.group(1)]
        if made and made.group(1).endswith("List"):
            return ["set" if made.group(2) == "true" else "list", self._object(made.group(1)[:-4])]
        if made and made.group(1).endswith("Map"):
            return ["map", self._object(made.group(1)[:-3])]
        if made and made.group(1).endswith("OutputReference"):
            return self._object(made.group(1)[: -len("OutputReference")])
        for getter, kind in _GETTERS.items():
            if f"{getter}(" in text:
                return ["set", kind[1]] if "Fn.tolist(" in text else kind
        raise ValueError(f"the type of {name} is unknown")


def _members_of(block: dict[str, Any]) -> dict[str, Any]:
    found = {name: attribute["type"] for name, attribute in block.get("attributes", {}).items()}
    for name, nested in block.get("block_types", {}).items():
        inner = ["object", _members_of(nested["block"])]
        found[name] = inner if nested["nesting_mode"] == "single" else [nested["nesting_mode"], inner]
    return found


def _bare(storage: str) -> str:
    for suffix in ("List", "Map"):
        if storage.endswith(suffix):
            return storage[: -len(suffix)]
    return storage


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _set(**flags: bool) -> dict[str, bool]:
    return {name: True for name, value in flags.items() if value}


def extract(wheel: Path, types: list[str]) -> dict[str, Any]:
    """The schemas of these types, with that of the provider."""
    provider = re.match(r"cdktn_provider_(\w+?)-", wheel.name)
    assert provider, wheel.name
    prefix = provider.group(1)
    wanted = {"provider": ("provider", "provider")}
    for name in types:
        part, _, plain = name.rpartition(".")
        short = plain.removeprefix(f"{prefix}_").replace("_", "-")
        short = f"{short}-resource" if short in ("string", "static") else short  # words of TypeScript
        folder = f"{part}-{prefix}-{short}" if part else short
        wanted[folder] = (_PARTS[part], plain)
    result: dict[str, Any] = {"provider": {}, **{part: {} for part in _PARTS.values()}}
    seen = set()
    for folder, text in sources(wheel, set(wanted)):
        part, plain = wanted[folder]
        seen.add(folder)
        try:
            schema = Reader(text).schema()
        except (ValueError, KeyError) as exc:
            raise SystemExit(f"{plain}: {exc}") from exc
        if part == "provider":
            result["provider"] = schema
        else:
            result[part][plain] = schema
    missing = sorted(set(wanted) - seen)
    if missing:
        raise SystemExit(f"{wheel.name} has no {', '.join(missing)}")
    return {key: dict(sorted(value.items())) if key != "provider" else value for key, value in result.items()}


def text_of(schemas: dict[str, Any]) -> str:
    """One type on a line: changes can be read."""
    lines = []
    for part, content in schemas.items():
        if part == "provider":
            lines.append(f'"provider": {json.dumps(content, separators=(",", ":"))}')
            continue
        rows = [f"{json.dumps(name)}: {json.dumps(schema, separators=(',', ':'))}" for name, schema in content.items()]
        lines.append(f'"{part}": {{\n' + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(text_of(extract(Path(sys.argv[1]), sys.argv[3:])), encoding="utf-8")
