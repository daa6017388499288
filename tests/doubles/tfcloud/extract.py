"""Read the schemas of Terraform providers from packages that contain them as generated TypeScript.

    pip download --no-deps -d WHEELS $(python -m tests.doubles.tfcloud.extract --pins)
    python -m tests.doubles.tfcloud.extract WHEELS [PROVIDER ...]

The wheels (cdktn-provider-*, MPL-2.0) contain one JavaScript file per type, whose source map contains the TypeScript.
Only the standard library is needed. `types/PROVIDER.txt` lists the package and the types; the result has the format of
`terraform providers schema -json`.
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
_TYPE = re.compile(r"static readonly tfResourceType = \"(\w+)\"")
_PARTS = {"data": "data_source_schemas", "ephemeral": "ephemeral_resource_schemas", "": "resource_schemas"}
_SIMPLE: dict[str, Any] = {
    "string": "string", "number": "number", "boolean": "bool", "stringList": ["list", "string"],
    "numberList": ["list", "number"], "stringMap": ["map", "string"], "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"], "anyMap": "dynamic", "any": "dynamic",
    "stringListList": ["list", ["list", "string"]], "numberListList": ["list", ["list", "number"]], "stringListMap": ["map", ["list", "string"]],
}  # fmt: skip
_GETTERS: dict[str, Any] = {
    "getStringAttribute": "string", "getNumberAttribute": "number", "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"], "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"], "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"], "getAnyMapAttribute": "dynamic", "interpolationForAttribute": "dynamic",
}  # fmt: skip
_MAPS = {"StringMap": ["map", "string"], "NumberMap": ["map", "number"], "BooleanMap": ["map", "bool"],
         "StringMapList": ["list", ["map", "string"]], "AnyMap": "dynamic", "StringListMap": ["map", ["list", "string"]]}  # fmt: skip


#: Providers of protocol 6, whose nested attributes say for each member whether it is needed.
_NESTED = {"helm"}
TYPES = Path(__file__).parent / "types"
SCHEMAS = Path(__file__).parent / "schemas"


def sources(wheel: Path, folders: set[str] | None) -> Iterator[tuple[str, str]]:
    """(folder, TypeScript) of the types in these folders of a wheel; None is all."""
    with zipfile.ZipFile(wheel) as archive:
        packed = next(n for n in archive.namelist() if "_jsii/" in n and n.endswith(".tgz"))
        content = io.BytesIO(archive.read(packed))
    found: dict[str, list[str]] = {}
    with tarfile.open(fileobj=content, mode="r:gz") as files:
        for member in files:
            parts = member.name.split("/")
            if len(parts) < 4 or parts[1] != "lib" or not member.name.endswith(".js"):
                continue
            if parts[2] == "provider-functions" or (folders is not None and parts[2] not in folders):
                continue
            handle = files.extractfile(member)
            assert handle is not None
            encoded = handle.read().decode().rsplit("base64,", 1)[1].strip()
            found.setdefault(parts[2], []).extend(json.loads(base64.b64decode(encoded))["sourcesContent"])
    for folder, texts in found.items():
        yield folder, "\n".join(texts)


class Reader:
    """One type's TypeScript."""

    def __init__(self, text: str, nested: bool = False) -> None:
        self.nested = nested
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
                    **self._attribute(value, kind, storage),
                    **_set(computed=computed, optional=optional, required=required),
                    **_set(write_only="markWriteOnlyAttribute(" in value),
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

    def _attribute(self, value: str, kind: str, storage: str) -> dict[str, Any]:
        """The type of an attribute, or its members if the protocol supports them."""
        if not self.nested or storage in _SIMPLE:
            return {"type": self._type(value, kind, storage)}
        mode = kind if kind in ("list", "set", "map") else "single"
        return {"nested_type": {**self._struct(_bare(storage)), "nesting_mode": mode}}

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


def _folders(name: str, prefix: str) -> set[str]:
    """Possible folders of a type: with and without the provider's name, with a suffix for words of TypeScript."""
    part, _, plain = name.rpartition(".")
    if part:
        return {f"{part}-{plain}".replace("_", "-")}
    short = plain.removeprefix(f"{prefix}_")
    return {folder.replace("_", "-") for folder in (plain, short, f"{short}_resource")}


def _name(folder: str, text: str, prefix: str) -> str:
    """The Terraform name of the type of a folder: data.aws_region."""
    found = _TYPE.search(text)
    if folder == "provider" or found is None:
        return "provider"
    part = folder.partition("-")[0]
    return (
        f"{part}.{found[1]}"
        if part in ("data", "ephemeral") and f"{folder}-".startswith(f"{part}-{prefix}-")
        else found[1]
    )


def extract(wheel: Path, types: list[str]) -> dict[str, Any]:
    """The schemas of these types, with that of the provider; "*" is all types."""
    found = re.match(r"cdktn_provider_([a-z_]+?)-", wheel.name)
    assert found, wheel.name
    prefix = found[1].partition("_")[0]  # google-beta's types are google_*
    everything = types == ["*"]
    folders = {"provider"}.union(*(_folders(name, prefix) for name in types))
    result: dict[str, Any] = {"provider": {}, **{part: {} for part in _PARTS.values()}}
    seen = set()
    for folder, text in sources(wheel, None if everything else folders):
        name = _name(folder, text, prefix)
        if name != "provider" and not everything and name not in types:
            continue
        seen.add(name)
        try:
            schema = Reader(text, prefix in _NESTED).schema()
        except (ValueError, KeyError) as exc:
            raise SystemExit(f"{name}: {exc}") from exc
        if name == "provider":
            result["provider"] = schema
        else:
            part, _, plain = name.rpartition(".")
            result[_PARTS[part]][plain] = schema
    missing = [] if everything else sorted(set(types) - seen)
    if missing:
        raise SystemExit(f"{wheel.name} has no {', '.join(missing)}")
    return {key: dict(sorted(value.items())) if key != "provider" else value for key, value in result.items()}


def wanted(name: str) -> tuple[str, str, list[str]]:
    """The content of types/NAME.txt: the pinned package, its provider version, the types."""
    first, *types = (TYPES / f"{name}.txt").read_text(encoding="utf-8").split("\n")
    package, version = first.removeprefix("# ").split(" ")
    return package, version, [line for line in types if line]


def providers() -> list[str]:
    return sorted(path.stem for path in TYPES.glob("*.txt"))


def main(folder: Path, names: list[str]) -> None:
    for name in names or providers():
        package, _, types = wanted(name)
        wheel = next(folder.glob(f"{package.replace('-', '_').replace('==', '-')}-*.whl"))
        (SCHEMAS / f"{name}.json").write_text(text_of(extract(wheel, types)), encoding="utf-8")


def text_of(schemas: dict[str, Any]) -> str:
    """One type per line, so that differences are readable."""
    lines = []
    for part, content in schemas.items():
        if part == "provider":
            lines.append(f'"provider": {json.dumps(content, separators=(",", ":"))}')
            continue
        if not content:
            lines.append(f'"{part}": {{}}')
            continue
        rows = [f"{json.dumps(name)}: {json.dumps(schema, separators=(',', ':'))}" for name, schema in content.items()]
        lines.append(f'"{part}": {{\n' + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    if sys.argv[1] == "--pins":
        sys.stdout.write(" ".join(wanted(name)[0] for name in providers()) + "\n")
    else:
        main(Path(sys.argv[1]), sys.argv[2:])
