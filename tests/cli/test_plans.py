"""Plans: what is dangerous, and the forms and files that plans have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfinfra.clouds.aws.errors import explain_text
from mfinfra.errors import MfinfraError, Refused
from mfinfra.plans import cidr as addresses
from mfinfra.plans import cloudformation_risk, formats, iam_policies, risk
from mfinfra.plans import saved as planfile
from mfinfra.plans.changes import ACTIONS, RISKS, Change, Plan


def entry(kind: str, before: Any, after: Any, **rest: Any) -> dict[str, Any]:
    return {"type": kind, "change": {"before": before, "after": after, **rest}}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any, **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}


def invoke(addresses: Any = None) -> dict[str, Any]:
    condition = {"Condition": {"IpAddress": {"aws:SourceIp": addresses}}} if addresses else {}
    return allow("execute-api:Invoke", "arn:aws:execute-api:x/*", Principal="*", **condition)


TLS_ONLY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["b", "b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
READ = document(allow("s3:GetObject", "arn:aws:s3:::b/p/*"))


@pytest.mark.parametrize(
    ("kind", "action", "before", "after", "is_new", "expected"),
    [
        ("aws_s3_bucket", "delete", {}, None, False, "data loss"),
        ("aws_s3_bucket", "create", None, {}, False, None),
        ("aws_db_instance", "replace", {}, {}, False, "replacement"),
        ("aws_db_instance", "update", {"deletion_protection": True}, {"deletion_protection": False}, False, "data loss"),
        ("aws_db_instance", "update", {"backup_retention_period": 7}, {"backup_retention_period": 0}, False, "data loss"),
        ("aws_db_instance", "update", {"backup_retention_period": 7}, {"backup_retention_period": 3}, False, "data loss"),
        ("aws_db_instance", "update", {"backup_retention_period": 7}, {"backup_retention_period": 14}, False, None),
        ("aws_db_instance", "update", {"publicly_accessible": False}, {"publicly_accessible": True}, False, "exposure"),
        ("aws_s3_bucket_versioning", "update", {"versioning_configuration": [{"status": "Enabled"}]}, {"versioning_configuration": [{"status": "Suspended"}]}, False, "data loss"),
        ("aws_s3_bucket_public_access_block", "delete", {}, None, False, "exposure"),
        ("aws_s3_bucket_public_access_block", "update", {"block_public_acls": True}, {"block_public_acls": False}, False, "exposure"),
        ("aws_api_gateway_method", "update", {"api_key_required": True}, {"api_key_required": False}, False, "exposure"),
        ("aws_lb", "replace", {"internal": True}, {"internal": False}, False, "exposure"),
        ("aws_vpc_security_group_ingress_rule", "create", None, {"cidr_ipv4": "0.0.0.0/0"}, True, None),
        ("aws_vpc_security_group_ingress_rule", "create", None, {"cidr_ipv4": "0.0.0.0/0"}, False, "exposure"),
        ("aws_vpc_security_group_ingress_rule", "update", {"cidr_ipv4": "10.0.0.0/8"}, {"cidr_ipv4": "10.1.0.0/16"}, False, None),
        ("aws_vpc_security_group_ingress_rule", "update", {"cidr_ipv4": "10.1.0.0/16"}, {"cidr_ipv4": "10.0.0.0/8"}, False, "exposure"),
        ("aws_iam_role_policy", "update", {"policy": READ}, {"policy": READ}, False, None),
        ("aws_iam_role_policy", "update", {"policy": READ}, {"policy": document(allow("s3:*", "arn:aws:s3:::b/p/*"))}, False, "iam"),
        ("aws_iam_role_policy", "update", {"policy": READ}, {"policy": document(allow("s3:GetObject", "arn:aws:s3:::b/*"))}, False, "iam"),
        ("aws_iam_role_policy", "update", {"policy": READ}, {"policy": document(allow("s3:GetObject", "arn:aws:s3:::b/p/q/*"))}, False, None),
        ("aws_iam_role_policy", "create", None, {"policy": document(allow("*", "*"))}, True, "iam"),
        ("aws_iam_role_policy", "create", None, {"policy": READ, "role": "demo-task"}, False, "iam"),
        ("aws_cognito_user_pool", "update", {"deletion_protection": "ACTIVE"}, {"deletion_protection": "INACTIVE"}, False, "data loss"),
        ("aws_dynamodb_table", "update", {"point_in_time_recovery": [{"enabled": True}]}, {"point_in_time_recovery": [{"enabled": False, "recovery_period_in_days": 0}]}, False, "data loss"),
        ("aws_api_gateway_stage", "create", None, {}, False, "exposure"),
        ("aws_api_gateway_stage", "create", None, {}, True, None),
        ("aws_lb", "create", None, {"internal": False}, False, "exposure"),
        ("aws_lb", "create", None, {"internal": True}, False, None),
        ("aws_s3_bucket_policy", "delete", {"policy": READ}, None, False, "exposure"),
        ("aws_s3_bucket_policy", "update", {"policy": document(TLS_ONLY)}, {"policy": document()}, False, "exposure"),
        ("aws_s3_bucket_policy", "update", {"policy": document(TLS_ONLY)}, {"policy": document({**TLS_ONLY, "Action": ["s3:*"]})}, False, None),
        ("aws_api_gateway_rest_api_policy", "update", {"policy": document(invoke("192.0.2.0/24"))}, {"policy": document(invoke())}, False, "exposure"),
        ("aws_api_gateway_rest_api_policy", "update", {"policy": document(invoke("192.0.2.0/24"))}, {"policy": document(invoke(["192.0.2.0/24", "198.51.100.0/24"]))}, False, "exposure"),
        ("aws_api_gateway_rest_api_policy", "update", {"policy": document(invoke("192.0.2.0/24"))}, {"policy": document(invoke("192.0.2.0/28"))}, False, None),
        ("aws_api_gateway_rest_api_policy", "update", {"policy": document(invoke())}, {"policy": document(invoke("192.0.2.0/24"))}, False, None),
        ("aws_iam_role", "update", {"permissions_boundary": "arn:x"}, {"permissions_boundary": None}, False, "iam"),
        ("aws_iam_role", "update", {"assume_role_policy": document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "a"}})}, {"assume_role_policy": document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"})}, False, "iam"),
    ],
)  # fmt: skip
def test_what_is_dangerous(kind: str, action: str, before: Any, after: Any, is_new: bool, expected: str | None) -> None:
    found, reason = risk.of_terraform(entry(kind, before, after), action, is_new)
    assert found == expected
    assert bool(reason) == (expected is not None)


def test_addresses_that_are_not_known_yet_are_told() -> None:
    before = {"direction": "INGRESS", "allow": [{"protocol": "tcp"}], "source_ranges": ["10.0.0.2/32"]}
    after = {key: value for key, value in before.items() if key != "source_ranges"}
    change = entry("google_compute_firewall", before, after, after_unknown={"source_ranges": True})
    assert risk.of_terraform(change, "update", False) == (
        "exposure",
        "grants access to (known after apply)",
    )


def test_machines_whose_template_is_not_known_yet_are_made_anew() -> None:
    before = {"launch_template": [{"id": "lt-1", "version": "1"}]}
    change = entry(
        "aws_eks_node_group",
        before,
        {"launch_template": [{"id": "lt-1"}]},
        after_unknown={"launch_template": [{"version": True}]},
    )
    assert risk.of_terraform(change, "update", False)[0] == "replacement"


def test_the_worst_class_comes_first_and_the_others_are_told_too() -> None:
    before = {"deletion_protection": True, "publicly_accessible": False}
    change = entry("aws_db_instance", before, {"deletion_protection": False, "publicly_accessible": True})
    expected = ("data loss", "removes deletion protection; exposure: becomes reachable from the internet")
    assert risk.of_terraform(change, "update", False) == expected


def test_a_policy_that_is_not_known_yet_is_told() -> None:
    change = entry("aws_iam_role_policy", {"policy": READ}, {}, after_unknown={"policy": True})
    assert risk.of_terraform(change, "update", False)[0] == "iam"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ResourceType": "AWS::RDS::DBInstance", "Action": "Remove"}, "data loss"),
        ({"ResourceType": "AWS::RDS::DBInstance", "Action": "Modify", "Replacement": "True", "Details": [{"Target": {"Name": "Engine", "RequiresRecreation": "Always"}}]}, "replacement"),
        ({"ResourceType": "AWS::RDS::DBInstance", "Action": "Modify", "Replacement": "False", "Details": [{"Target": {"Name": "AllocatedStorage", "RequiresRecreation": "Never"}}]}, None),
        ({"ResourceType": "AWS::IAM::Role", "Action": "Modify", "Replacement": "False", "Details": [{"Target": {"Name": "Policies", "RequiresRecreation": "Never"}}]}, "iam"),
        ({"ResourceType": "AWS::EC2::SecurityGroupIngress", "Action": "Add"}, "exposure"),
        ({"ResourceType": "AWS::EC2::SecurityGroup", "Action": "Modify", "Replacement": "True", "Details": [{"Target": {"Name": "SecurityGroupIngress", "RequiresRecreation": "Always"}}]}, "exposure"),
        ({"ResourceType": "AWS::IAM::Role", "Action": "Modify", "Replacement": "Conditional", "Details": [{"Target": {"Name": "Policies", "RequiresRecreation": "Conditionally"}}]}, "iam"),
        ({"ResourceType": "AWS::IAM::Role", "Action": "Add"}, "iam"),
        ({"ResourceType": "AWS::RDS::DBInstance", "Action": "Modify", "Replacement": "Conditional", "Details": [{"Target": {"Name": "AutoMinorVersionUpgrade", "RequiresRecreation": "Conditionally"}}]}, None),
        ({"ResourceType": "AWS::RDS::DBInstance", "Action": "Modify", "Replacement": "Conditional", "Details": [{"Target": {"Name": "KmsKeyId", "RequiresRecreation": "Conditionally"}}]}, "replacement"),
        ({"ResourceType": "AWS::ApiGateway::Stage", "Action": "Add"}, "exposure"),
        ({"ResourceType": "AWS::S3::BucketPolicy", "Action": "Remove"}, "exposure"),
        ({"ResourceType": "AWS::DynamoDB::Table", "Action": "Modify", "Replacement": "False", "Details": [{"Target": {"Name": "DeletionProtectionEnabled", "RequiresRecreation": "Never"}}]}, "data loss"),
        ({"ResourceType": "AWS::S3::Bucket", "Action": "Modify", "Replacement": "False", "Details": [{"Target": {"Name": "VersioningConfiguration", "RequiresRecreation": "Never"}}]}, "data loss"),
        ({"ResourceType": "AWS::ApiGateway::RestApi", "Action": "Modify", "Replacement": "False", "Details": [{"Target": {"Name": "Policy", "RequiresRecreation": "Never"}}]}, "exposure"),
        ({"ResourceType": "AWS::Logs::LogGroup", "Action": "Remove"}, None),
    ],
)  # fmt: skip
def test_what_is_dangerous_in_a_change_set(change: dict[str, Any], expected: str | None) -> None:
    found, reason = cloudformation_risk.of(change, False, cloudformation_risk.Moved())
    assert found == expected
    assert bool(reason) == (expected is not None)


@pytest.mark.parametrize(
    ("kind", "name", "parameter", "before", "after", "expected"),
    [
        ("AWS::RDS::DBInstance", "BackupRetentionPeriod", "DatabaseBackupDays", "7", "0", "data loss"),
        ("AWS::RDS::DBInstance", "BackupRetentionPeriod", "DatabaseBackupDays", "0", "7", None),
        ("AWS::RDS::DBInstance", "BackupRetentionPeriod", "DatabaseBackupDays", "7", "3", "data loss"),
        ("AWS::RDS::DBInstance", "DeletionProtection", "DeletionProtection", "true", "false", "data loss"),
        ("AWS::RDS::DBInstance", "DeletionProtection", "DeletionProtection", "false", "true", None),
        ("AWS::ApiGateway::RestApi", "Policy", "ApiAllow", "192.0.2.0/24", "192.0.2.0/24,198.51.100.0/24", "exposure"),
        ("AWS::ApiGateway::RestApi", "Policy", "ApiAllow", "192.0.2.0/24", "192.0.2.0/28", None),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", "UiAllow", "192.0.2.0/24", "0.0.0.0/0", "exposure"),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", "UiAllow", "0.0.0.0/0", "192.0.2.0/24", None),
        ("AWS::IAM::Role", "Policies", "SecretsAllow", "a", "a,b", "iam"),
        ("AWS::IAM::Role", "Policies", "SecretsAllow", "a,b", "b", None),
        ("AWS::IAM::Role", "Policies", "Name", "a", "b", "iam"),
    ],
)
def test_how_a_parameter_moves_says_whether_it_is_dangerous(
    kind: str, name: str, parameter: str, before: str, after: str, expected: str | None
) -> None:
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}
    caused = {
        "Target": target,
        "Evaluation": "Static",
        "ChangeSource": "ParameterReference",
        "CausingEntity": parameter,
    }
    direct = {"Target": target, "Evaluation": "Dynamic", "ChangeSource": "DirectModification"}
    change = {"ResourceType": kind, "Action": "Modify", "Replacement": "False", "Details": [direct, caused]}
    moved = cloudformation_risk.Moved({parameter: before}, {parameter: after})
    assert cloudformation_risk.of(change, False, moved)[0] == expected
    changed_too = {**change, "Details": [{**direct, "Evaluation": "Static"}, caused]}
    assert cloudformation_risk.of(changed_too, False, moved)[0] is not None


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["Statement", "Effect", "Action", "Resource", "Principal", "Condition"]), x, max_size=4
            )
        ),
    )
)
def test_no_policy_however_odd_breaks_the_reader(value: Any) -> None:
    assert isinstance(iam_policies.grants(json.dumps(value)), set)


texts = st.text(max_size=60)
changes = st.builds(Change, texts, texts, st.sampled_from(ACTIONS), st.none() | st.sampled_from(RISKS), texts)
plans = st.builds(
    Plan,
    st.from_regex("[a-z]{1,9}", fullmatch=True),
    st.just("terraform"),
    st.lists(changes, max_size=9).map(tuple),
    st.just(""),
)


@given(plans)
def test_exit_codes_say_how_dangerous(plan: Plan) -> None:
    expected = 0 if not plan.changes else 3 if any(change.risk for change in plan.changes) else 2
    assert plan.exit_code == expected == json.loads(formats.rendered(plan, "json"))["exit_code"]
    assert [RISKS.index(str(change.risk)) for change in plan.dangerous] == sorted(
        RISKS.index(str(c.risk)) for c in plan.dangerous
    )


@given(plans)
def test_a_comment_holds_no_markup_of_others(plan: Plan) -> None:
    text = formats.markdown(plan)
    inside = text.replace("<details><summary>", "").replace("</summary>", "").replace("</details>", "")
    assert "<" not in inside
    assert "@" not in inside


def test_a_comment_fits_whatever_the_size() -> None:
    many = tuple(
        Change(f"module.x.aws_thing.this[{i}]" * 3, "aws_thing", "create", "iam" if i % 2 else None, "because " * 20)
        for i in range(5000)
    )
    text = formats.markdown(Plan("big", "terraform", many, ""))
    assert len(text) < 65_536
    assert "more" in text


@given(plans, st.binary(max_size=99), st.dictionaries(st.sampled_from(["engine", "digest"]), texts))
def test_a_plan_comes_back_from_its_file(plan: Plan, payload: bytes, context: dict[str, str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.mfplan"
        planfile.write(path, plan, payload, context)
        saved = planfile.read(path)
    assert (saved.plan, saved.payload, dict(saved.context)) == (plan, payload, context)
    saved.check(plan.stack, context)
    with pytest.raises(Refused):
        saved.check(plan.stack + "x", context)
    with pytest.raises(Refused):
        saved.check(plan.stack, {**context, "engine": "another" + context.get("engine", "")})


@given(st.binary(max_size=300))
def test_any_other_file_is_refused(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(content)
        with pytest.raises(MfinfraError):
            planfile.read(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("operation error S3: CreateBucket, https response error StatusCode: 409, api error BucketAlreadyExists: The requested bucket name is not available.", "A bucket of this name already exists: The requested bucket name is not available."),
        ("An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired", "expired"),
        ("NoCredentialsError: Unable to locate credentials", "No AWS credentials were found."),
        ("api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 0 allows", "more vCPU capacity than your current"),
        ("api error InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist", "subnet-1"),
        ("api error AccessDenied: User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/z with an explicit deny in a service control policy", "is not allowed to perform iam:CreateRole on arn:aws:iam::1:role/z: a service control policy denies it."),
        ("dial tcp: lookup ec2.eu-west-9.amazonaws.com: no such host", "cannot be reached"),
        ("RequestTimeTooSkewed", "clock"),
        ("operation error S3: HeadObject, exceeded maximum number of attempts, 2, https response error StatusCode: 0, request send failed, Head \"http://127.0.0.1:1\": dial tcp 127.0.0.1:1: connect: connection refused", "AWS cannot be reached"),
        ("operation error EC2: DescribeVpcs, exceeded maximum number of attempts, 3, api error RequestLimitExceeded: Request limit exceeded.", "throttled"),
        ("SSOTokenLoadError: Error loading SSO Token: Token for corp does not exist", "not signed in"),
        ("UnauthorizedSSOTokenError: The SSO session associated with this profile has expired or is otherwise invalid.", "expired"),
        ("failed to refresh cached credentials, refresh cached SSO token failed, unable to refresh SSO token, operation error SSO OIDC: CreateToken, https response error StatusCode: 400, RequestID: x, InvalidGrantException:", "not signed in"),
        ("operation error S3: PutBucketPolicy, https response error StatusCode: 403, RequestID: x, api error AccessDenied: Access Denied", "The caller is not allowed to perform s3:PutBucketPolicy"),
        ("operation error Elastic Load Balancing v2: CreateListener, https response error StatusCode: 403, RequestID: x, api error AccessDenied: Access Denied", "is not allowed to perform elasticloadbalancing:CreateListener"),
        ("operation error API Gateway: CreateVpcLink, https response error StatusCode: 403, RequestID: x, api error AccessDeniedException: no", "is not allowed to perform apigateway:POST"),
        ("API: ec2:CreateVpc You are not authorized to perform this operation. Access Denied", "is not allowed to perform ec2:CreateVpc"),
        ("User: arn:aws:iam::1:user/ann is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/x because no permissions boundary allows the iam:CreateRole action", "its permissions boundary does not allow it"),
        ('Resource handler returned message: "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, Request ID: 1)" (RequestToken: a, HandlerErrorCode: ServiceLimitExceeded)', "used up: The maximum number of VPCs has been reached."),
        ("api error InvalidSubnet.Conflict: The CIDR '10.20.0.0/17' conflicts with another subnet", "overlap"),
        ("api error InvalidParameterCombination: Cannot find version 17.99 for postgres", "not offered in this region"),
        ("api error InvalidParameterException: Unable to assume the service linked role. Please verify that the ECS service linked role exists.", "has not yet created the service-linked role"),
        ("PartialCredentialsError: Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY", "AWS credentials are incomplete"),
        ("SSLError: SSL validation failed for https://x certificate verify failed", "not trusted"),
        ("api error InsufficientInstanceCapacity: We currently do not have sufficient g5.xlarge capacity", "no capacity"),
    ],
)  # fmt: skip
def test_what_aws_says_is_explained(text: str, words: str) -> None:
    found = explain_text(text)
    assert found is not None
    assert words in found.message
    assert "\n" not in found.message
    assert found.hint


@given(st.text())
def test_other_texts_are_left_to_others(text: str) -> None:
    found = explain_text(text)
    assert found is None or "\n" not in found.message


blocks = st.ip_addresses(v=4).flatmap(lambda ip: st.integers(0, 32).map(lambda bits: f"{ip}/{bits}"))
names = st.sampled_from(["VirtualNetwork", "AzureCloud", "", "x"])


@given(st.lists(blocks | names), st.lists(blocks | names))
def test_only_what_is_new_is_added(before: list[str], after: list[str]) -> None:
    assert addresses.added_sources(before + after, after) == []
    assert addresses.added_sources([*before, addresses.EVERYWHERE], after) == []
    assert not addresses.added_sources(before, after) or set(after) - set(before)


@given(st.lists(st.integers(0, 65535).map(str) | st.just("*")), st.integers(0, 65535), st.integers(0, 65535))
def test_ports_within_a_range_are_no_new_ones(before: list[str], one: int, other: int) -> None:
    first, last = sorted((one, other))
    assert addresses.added_ports([*before, f"{first}-{last}"], [str(first), str(last), f"{first}-{last}"]) == []
    assert addresses.added_ports([f"{first}-{last}"], ["*"]) == ([] if (first, last) == (0, 65535) else ["*"])
