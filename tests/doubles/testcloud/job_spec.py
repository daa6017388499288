"""The specification of a job: a definition with the overrides of the submission, as DescribeJobs returns it."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

#: Fields of a submission that replace those of the definition.
REPLACING = ("command", "instanceType", "vcpus", "memory")


def container_of(definition: Document, wanted: Document) -> Document:
    """The container's properties after overrides. Environment and requirements are merged by name and by type."""
    base = dict(definition.get("containerProperties", {}))
    overrides = wanted.get("containerOverrides", {})
    base.update({key: overrides[key] for key in REPLACING if key in overrides})
    for field, key in (("environment", "name"), ("resourceRequirements", "type")):
        merged = {item[key]: item for item in (*base.get(field, []), *overrides.get(field, []))}
        base[field] = list(merged.values())
    base.setdefault("command", [])
    return base


def command_of(job: Document) -> list[str]:
    """The command with its Ref::name parameters filled in."""
    parameters = job["parameters"]
    return [_filled(word, parameters) for word in job["container"]["command"]]


def _filled(word: str, parameters: dict[str, str]) -> str:
    return str(parameters.get(word[5:], word)) if word.startswith("Ref::") else word


def depends_on(parent: str, index: int, dependencies: list[Document]) -> list[str]:
    """The jobs that a child of an array waits for."""
    found = []
    for item in dependencies:
        kind = item.get("type")
        if kind == "SEQUENTIAL" and not item.get("jobId"):
            found += [f"{parent}:{index - 1}"] if index else []
        elif kind == "N_TO_N":
            found.append(f"{item['jobId']}:{index}")
        else:
            found.append(item["jobId"])
    return found


def vcpus_of(job: Document) -> float:
    for item in job["container"].get("resourceRequirements", []):
        if item["type"] == "VCPU":
            return float(item["value"])
    return float(job["container"].get("vcpus", 1))
