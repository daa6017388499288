"""AWS IAM: what policies allow, whether each action names a resource of its kind, and the requests that components make.

The evaluator knows what the policies of this project use: wildcards, and conditions on strings that are all true.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

#: Action -> what the ARN of its resource contains; None: AWS supports only "*". Source: the Service Authorization Reference.
KINDS: dict[str, str | None] = {
    "s3:ListBucket": r":s3:::[^/]+$",
    **dict.fromkeys(
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        r":s3:::[^/]+/",
    ),
    **dict.fromkeys(("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"), r":secretsmanager:.*:secret:"),
    **dict.fromkeys(("kms:Decrypt", "kms:GenerateDataKey"), r":kms:.*:key/"),
    **dict.fromkeys(("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"), r":dynamodb:.*:table/"),
    "batch:SubmitJob": r":batch:.*:(job-queue|job-definition|job)/",
    "batch:TagResource": r":batch:.*:(job-queue|job-definition|job)/",
    "batch:TerminateJob": r":batch:.*:job/",
    "batch:DescribeJobs": None,
    "states:StartExecution": r":states:.*:stateMachine:",
    **dict.fromkeys(
        ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"), r":states:.*:execution:"
    ),
    **dict.fromkeys(("events:PutRule", "events:PutTargets", "events:DescribeRule"), r":events:.*:rule/"),
    **dict.fromkeys(("logs:CreateLogStream", "logs:DescribeLogStreams"), r":logs:.*:log-group:[^:]+(:\*)?$"),
    "logs:PutLogEvents": r":logs:.*:log-group:",
    "logs:DescribeLogGroups": r":logs:.*:log-group:",
    **dict.fromkeys(
        ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"),
        r":autoscaling:.*:autoScalingGroup:",
    ),
    "eks:DescribeNodegroup": r":eks:.*:nodegroup/",
}
#: Services whose other actions here (Describe, List, log delivery) have no resource.
_WITHOUT_RESOURCE = re.compile(
    r"(autoscaling|ec2):(Describe|Get)\w+|logs:(\w+LogDeliver\w+|PutResourcePolicy|Describe\w+)"
)


@dataclass(frozen=True)
class Request:
    """One request: an action on a resource, with the condition keys that it has."""

    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict)


def statements(documents: Iterable[Document]) -> Iterator[Document]:
    for document in documents:
        found = document["Statement"]
        yield from found if isinstance(found, list) else [found]


def allows(documents: Iterable[Document], request: Request) -> bool:
    """Whether a statement allows a request and none denies it."""
    effects = {statement["Effect"] for statement in statements(documents) if _applies(statement, request)}
    return effects == {"Allow"}


def _applies(statement: Document, request: Request) -> bool:
    return (
        any(_like(request.action.lower(), pattern.lower()) for pattern in many(statement.get("Action")))
        and any(_like(request.resource, pattern) for pattern in many(statement.get("Resource")))
        and all(
            _holds(test, key, values, request.context)
            for test, keys in (statement.get("Condition") or {}).items()
            for key, values in keys.items()
        )
    )


def _holds(test: str, key: str, values: Any, context: dict[str, str]) -> bool:
    """A condition on a key that the request does not have is false, unless its name ends with IfExists."""
    name, is_optional = test.removesuffix("IfExists"), test.endswith("IfExists")
    if name == "Null":
        return (key not in context) == (str(many(values)[0]).lower() == "true")
    if key not in context:
        return is_optional
    match = {"StringLike": _like, "StringEquals": str.__eq__, "ArnLike": _like}[name]
    return any(match(context[key], value) for value in many(values))


def many(value: Any) -> list[str]:
    """A value that policies write as one string or as a list of them."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _like(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def problems(documents: Iterable[Document]) -> list[str]:
    """Actions whose statement names no resource of their kind, or `*` although AWS supports a narrower one."""
    return [
        f"{action} on {', '.join(resources)}"
        for statement in statements(documents)
        for action in many(statement.get("Action"))
        if (resources := many(statement.get("Resource"))) and not _is_placed(action, resources)
    ]


def _is_placed(action: str, resources: list[str]) -> bool:
    kind = KINDS.get(action, ...)
    if kind is ...:  # wildcards and actions of no service in the table must have no narrower resource
        return bool(_WITHOUT_RESOURCE.fullmatch(action))
    if kind is None:
        return resources == ["*"]
    return any(re.search(str(kind), resource) for resource in resources) or (
        resources == ["*"] and bool(_WITHOUT_RESOURCE.fullmatch(action))
    )


def listed(bucket: str, prefix: str) -> Request:
    return Request("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})


def head_bucket(bucket: str) -> Request:
    """HeadBucket is authorized as ListBucket, and has no prefix."""
    return Request("s3:ListBucket", f"arn:aws:s3:::{bucket}")


def on_object(action: str, bucket: str, key: str) -> list[Request]:
    """A request for an object. S3 answers 404 for a key without object only to callers that may list that key."""
    object_ = Request(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}")
    return [object_, listed(bucket, key)] if action == "GetObject" else [object_]


def of_tasks(bucket: str) -> list[Request]:
    """Stores of stock Metaflow and of mfruntime: reads of keys that may not exist, uploads in parts, lists."""
    key = "metaflow/Flow/1/step/2/0.attempt.json"
    actions = ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts")
    own = [request for action in actions for request in on_object(action, bucket, key)]
    return [*own, listed(bucket, "metaflow/"), listed(bucket, "metaflow/Flow/")]


def of_airflow(bucket: str) -> list[Request]:
    """apache-airflow-providers-amazon 9: S3DagBundle checks the bucket, lists the level above its prefix and downloads;
    the log handler lists, reads and writes logs."""
    dag, log = "airflow/dags/flow.py", "airflow/logs/dag_id=a/run_id=b/task_id=c/attempt=1.log"
    bundle = [head_bucket(bucket), listed(bucket, "airflow/"), listed(bucket, "airflow/dags/")]
    logs = [listed(bucket, log), *on_object("GetObject", bucket, log), *on_object("PutObject", bucket, log)]
    return [*bundle, *on_object("GetObject", bucket, dag), *logs]


def of_readers(bucket: str) -> list[Request]:
    """The UI, and the server of Argo Workflows: they list and read below the prefix of the stack."""
    return [listed(bucket, "metaflow/x/"), *on_object("GetObject", bucket, "metaflow/argo/flows/x/main.log")]


def never(bucket: str) -> list[Request]:
    """What no pod of a flow may do: change the code that Airflow runs, its logs, or data outside of the prefix."""
    keys = ("airflow/dags/flow.py", "airflow/logs/a.log", "other", "metaflow")
    writes = [Request(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}") for action in ("PutObject", "DeleteObject") for key in keys]  # fmt: skip
    return [*writes, Request("s3:GetObject", f"arn:aws:s3:::{bucket}/other"), listed(bucket, "other/")]


def never_by_airflow(bucket: str) -> list[Request]:
    """What no pod of Airflow may do: change its own code, or read and write data of flows."""
    return [
        Request(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}")
        for action, key in (("PutObject", "airflow/dags/flow.py"), ("DeleteObject", "airflow/dags/flow.py"),
                            ("PutObject", "metaflow/x"), ("GetObject", "metaflow/x"))
    ]  # fmt: skip


def read(text: Any) -> Document:
    """A policy as Terraform or IAM returns it."""
    found: Document = json.loads(text) if isinstance(text, str) else text
    return found


def in_state(state: Document) -> dict[str, list[Document]]:
    """The inline policies of each role in a Terraform state, by the name of the role without stack and region."""
    found: dict[str, list[Document]] = {}
    for resource in state["resources"]:
        for instance in resource["instances"] if resource["type"] == "aws_iam_role_policy" else []:
            values = instance["attributes"]
            found.setdefault(re.sub(r".*-\d-", "", values["role"]), []).append(read(values["policy"]))
    return found
