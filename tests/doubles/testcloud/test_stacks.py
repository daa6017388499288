"""CloudFormation in the double of AWS: added types, events, failures, what is refused, drift and tags."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from .checks import Document, code_of, until
from .cloud import TestCloud

pytest_plugins = ("tests.doubles.testcloud.fixtures",)

VPC = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
}
BUCKET = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-bucket"}}}
PARAMETER = {"Note": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/note", "Type": "String", "Value": "1"}}}


class Stacks:
    """Stack operations that wait for their end."""

    def __init__(self, cloud: TestCloud) -> None:
        self.api = cloud.client("cloudformation")

    def create(self, resources: Document, outputs: Document | None = None, **options: Any) -> str:
        self.begin(resources, outputs, **options)
        return self.ended()

    def begin(self, resources: Document, outputs: Document | None = None, **options: Any) -> None:
        self.api.create_stack(StackName="it", TemplateBody=template(resources, outputs), **options)

    def update(self, resources: Document, **options: Any) -> str:
        self.api.update_stack(StackName="it", TemplateBody=template(resources), **options)
        return self.ended()

    def delete(self) -> str:
        name = self.state()["StackId"]
        self.api.delete_stack(StackName="it")
        return self.ended(name)

    def state(self, name: str = "it") -> Document:
        found: Document = self.api.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def ended(self, name: str = "it") -> str:
        until(lambda: not self.state(name)["StackStatus"].endswith("IN_PROGRESS"))
        return str(self.state(name)["StackStatus"])

    def outputs(self) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self.state()["Outputs"]}

    def events(self, name: str = "it") -> list[Document]:
        """Oldest first."""
        pages = self.api.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def told(self, logical_id: str) -> list[str]:
        return [event["ResourceStatus"] for event in self.events() if event["LogicalResourceId"] == logical_id]


def template(resources: Document, outputs: Document | None = None) -> str:
    body: Document = {"Resources": resources}
    if outputs:
        body["Outputs"] = {key: {"Value": value} for key, value in outputs.items()}
    return json.dumps(body)


def attribute(resource: str, name: str) -> Document:
    return {"Fn::GetAtt": [resource, name]}


@pytest.fixture
def stacks(testcloud: TestCloud) -> Stacks:
    return Stacks(testcloud)


def test_the_network_of_a_stack_is_described(stacks: Stacks, testcloud: TestCloud) -> None:
    group = {"GroupId": attribute("Group", "GroupId"), "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    logs = {"ResourceId": {"Ref": "Vpc"}, "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "/flow"}
    resources = {
        **VPC,
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
        "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": {"Ref": "Subnet"}, "AllocationId": attribute("Address", "AllocationId")}},
        "Flow": {"Type": "AWS::EC2::FlowLog", "Properties": logs},
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d", "VpcId": {"Ref": "Vpc"}}},
        "In": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {**group, "CidrIp": attribute("Vpc", "CidrBlock")}},
        "Out": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {**group, "CidrIp": "192.0.2.0/24"}},
    }  # fmt: skip
    outputs = {
        "Cidr": attribute("Vpc", "CidrBlock"),
        "Nat": {"Ref": "Nat"},
        "Ip": {"Ref": "Address"},
        "Group": {"Ref": "Group"},
    }
    assert stacks.create(resources, outputs, Tags=[{"Key": "team", "Value": "a"}]) == "CREATE_COMPLETE"
    found, ec2 = stacks.outputs(), testcloud.client("ec2")
    assert found["Cidr"] == "10.0.0.0/16"
    nat = ec2.describe_nat_gateways(NatGatewayIds=[found["Nat"]])["NatGateways"][0]
    assert nat["State"] == "available"
    assert {"Key": "team", "Value": "a"} in nat["Tags"]
    assert [item["PublicIp"] for item in ec2.describe_addresses()["Addresses"]] == [found["Ip"]]
    assert len(ec2.describe_flow_logs()["FlowLogs"]) == 1
    described = ec2.describe_security_groups(GroupIds=[found["Group"]])["SecurityGroups"][0]
    assert [rule["IpRanges"][0]["CidrIp"] for rule in described["IpPermissions"]] == ["10.0.0.0/16"]
    assert "192.0.2.0/24" in json.dumps(described["IpPermissionsEgress"])
    assert stacks.delete() == "DELETE_COMPLETE"
    assert ec2.describe_addresses()["Addresses"] == []


def test_batch_of_a_stack_is_described(stacks: Stacks, testcloud: TestCloud) -> None:
    compute = {
        "Type": "EC2",
        "MinvCpus": 0,
        "MaxvCpus": 8,
        "InstanceTypes": ["m6i"],
        "InstanceRole": "r",
        "Subnets": ["s"],
    }
    order = [{"Order": 1, "ComputeEnvironment": {"Ref": "Machines"}}]
    container = {"Image": "python", "Command": ["true"], "ResourceRequirements": [{"Type": "VCPU", "Value": "1"}]}
    resources = {
        "Machines": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"Type": "MANAGED", "ComputeResources": compute}},
        "Sharing": {"Type": "AWS::Batch::SchedulingPolicy", "Properties": {"FairsharePolicy": {"ShareDecaySeconds": 60}}},
        "Queue": {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1, "ComputeEnvironmentOrder": order, "SchedulingPolicyArn": {"Ref": "Sharing"}}},
        "Job": {"Type": "AWS::Batch::JobDefinition", "Properties": {"Type": "container", "ContainerProperties": container}},
    }  # fmt: skip
    outputs = {
        "Machines": attribute("Machines", "ComputeEnvironmentArn"),
        "Queue": {"Ref": "Queue"},
        "Job": {"Ref": "Job"},
    }
    assert stacks.create(resources, outputs) == "CREATE_COMPLETE"
    found, batch = stacks.outputs(), testcloud.client("batch")
    machines = batch.describe_compute_environments(computeEnvironments=[found["Machines"]])["computeEnvironments"][0]
    assert machines["computeResources"]["maxvCpus"] == 8
    queue = batch.describe_job_queues(jobQueues=[found["Queue"]])["jobQueues"][0]
    assert queue["computeEnvironmentOrder"] == [{"order": 1, "computeEnvironment": found["Machines"]}]
    policies = batch.describe_scheduling_policies(arns=[queue["schedulingPolicyArn"]])["schedulingPolicies"]
    assert policies[0]["fairsharePolicy"] == {"shareDecaySeconds": 60}
    job = batch.describe_job_definitions(jobDefinitions=[found["Job"]])["jobDefinitions"][0]
    assert job["containerProperties"]["command"] == ["true"]
    assert batch.list_jobs(jobQueue=found["Queue"])["jobSummaryList"] == []
    compute["MaxvCpus"] = 16
    assert stacks.update(resources) == "UPDATE_COMPLETE"
    machines = batch.describe_compute_environments()["computeEnvironments"][0]
    assert machines["computeResources"]["maxvCpus"] == 16
    assert stacks.delete() == "DELETE_COMPLETE"
    assert batch.describe_job_queues()["jobQueues"] == []


def test_the_other_added_types_are_described(stacks: Stacks, testcloud: TestCloud) -> None:
    target = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "ResourceId": "service/c/s"}
    tracking = {
        "TargetValue": 60.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    trust = {"Version": "2012-10-17", "Statement": []}
    resources = {
        "Link": {"Type": "AWS::ApiGateway::VpcLink", "Properties": {"Name": "link", "TargetArns": ["arn:lb"]}},
        "Account": {"Type": "AWS::ApiGateway::Account", "Properties": {"CloudWatchRoleArn": attribute("Role", "Arn")}},
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
        "Answer": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"RestApiId": {"Ref": "Api"}, "ResponseType": "UNAUTHORIZED", "StatusCode": "401"}},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "s", "SecretString": '{"username":"u","password":"p"}'}},
        "Rotation": {"Type": "AWS::SecretsManager::RotationSchedule", "Properties": {"SecretId": {"Ref": "Secret"}, "RotationRules": {"AutomaticallyAfterDays": 30}}},
        "Database": {"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Delete", "Properties": {"DBInstanceIdentifier": "db", "DBInstanceClass": "db.t4g.micro", "Engine": "postgres", "AllocatedStorage": "20", "MasterUsername": "u", "MasterUserPassword": "password1"}},
        "Attached": {"Type": "AWS::SecretsManager::SecretTargetAttachment", "Properties": {"SecretId": {"Ref": "Secret"}, "TargetId": {"Ref": "Database"}, "TargetType": "AWS::RDS::DBInstance"}},
        "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {**target, "MinCapacity": 1, "MaxCapacity": 3}},
        "Scaling": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": {"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": {"Ref": "Target"}, "TargetTrackingScalingPolicyConfiguration": tracking}},
        "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/log", "RetentionInDays": 7}},
        "Metric": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": {"Ref": "Log"}, "FilterPattern": "ERROR", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}]}},
        "Query": {"Type": "AWS::Logs::QueryDefinition", "Properties": {"Name": "q", "QueryString": "fields @message"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": trust}},
        "Right": {"Type": "AWS::IAM::RolePolicy", "Properties": {"RoleName": {"Ref": "Role"}, "PolicyName": "p", "PolicyDocument": trust}},
        "Oidc": {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": "https://token.example.org", "ClientIdList": ["sts.amazonaws.com"]}},
    }  # fmt: skip
    assert (
        stacks.create(resources, {"Link": {"Ref": "Link"}}, Capabilities=["CAPABILITY_NAMED_IAM"]) == "CREATE_COMPLETE"
    )
    link = testcloud.client("apigateway").get_vpc_link(vpcLinkId=stacks.outputs()["Link"])
    assert (link["name"], link["status"]) == ("link", "AVAILABLE")
    secrets = testcloud.client("secretsmanager")
    assert secrets.describe_secret(SecretId="s")["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert json.loads(secrets.get_secret_value(SecretId="s")["SecretString"])["engine"] == "postgres"
    scaling = testcloud.client("application-autoscaling")
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]["MaxCapacity"] == 3
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"][0]["PolicyName"] == "cpu"
    iam = testcloud.client("iam")
    assert iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"] == trust
    assert len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1
    assert stacks.delete() == "DELETE_COMPLETE"
    assert testcloud.client("apigateway").get_vpc_links()["items"] == []


def test_a_bucket_of_a_stack_has_all_its_properties(stacks: Stacks, testcloud: TestCloud) -> None:
    rules = [
        {
            "Id": "old",
            "Status": "Enabled",
            "ExpirationInDays": 3,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
    closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    encryption = [{"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
    properties = {
        "BucketName": "the-bucket",
        "BucketEncryption": {"ServerSideEncryptionConfiguration": encryption},
        "LifecycleConfiguration": {"Rules": rules},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": closed,
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}
    assert stacks.create(resources, Tags=[{"Key": "team", "Value": "a"}]) == "CREATE_COMPLETE"
    s3 = testcloud.client("s3")
    applied = s3.get_bucket_encryption(Bucket="the-bucket")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert applied["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    rule = s3.get_bucket_lifecycle_configuration(Bucket="the-bucket")["Rules"][0]
    assert rule["Expiration"] == {"Days": 3}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert s3.get_bucket_ownership_controls(Bucket="the-bucket")["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]
    assert s3.get_public_access_block(Bucket="the-bucket")["PublicAccessBlockConfiguration"] == closed
    assert s3.get_bucket_versioning(Bucket="the-bucket")["Status"] == "Enabled"
    assert {"Key": "team", "Value": "a"} in s3.get_bucket_tagging(Bucket="the-bucket")["TagSet"]


def test_events_appear_one_by_one(stacks: Stacks, testcloud: TestCloud) -> None:
    testcloud.control(delay={"AWS::EC2::VPC": 0.4, "Subnet": {"create": 0.4}})
    stacks.begin(VPC)
    until(lambda: stacks.told("Vpc") == ["CREATE_IN_PROGRESS"])
    assert stacks.state()["StackStatus"] == "CREATE_IN_PROGRESS"
    until(lambda: stacks.told("Subnet") == ["CREATE_IN_PROGRESS"])
    assert stacks.told("Vpc") == ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert stacks.ended() == "CREATE_COMPLETE"
    assert stacks.events()[-1]["ResourceStatus"] == "CREATE_COMPLETE"


def test_a_reset_ends_what_is_being_made(stacks: Stacks, testcloud: TestCloud) -> None:
    testcloud.control(delay={"*": 0.3})
    stacks.begin(VPC)
    until(lambda: stacks.told("Vpc"))
    testcloud.reset()
    time.sleep(0.5)
    assert testcloud.client("cloudformation").describe_stacks()["Stacks"] == []
    vpcs = testcloud.client("ec2").describe_vpcs()["Vpcs"]
    assert [vpc for vpc in vpcs if not vpc["IsDefault"]] == []


def test_a_failed_creation_is_rolled_back_with_its_reason(stacks: Stacks, testcloud: TestCloud) -> None:
    testcloud.control(fail={"AWS::EC2::Subnet:create": "The subnet does not fit"})
    assert stacks.create(VPC) == "ROLLBACK_COMPLETE"
    failed = [event for event in stacks.events() if event["ResourceStatus"] == "CREATE_FAILED"]
    assert [(event["LogicalResourceId"], event["ResourceStatusReason"]) for event in failed] == [
        ("Subnet", "The subnet does not fit")
    ]
    assert stacks.told("Vpc")[-1] == "DELETE_COMPLETE"


def test_a_failed_update_leaves_the_stack_as_it_was(stacks: Stacks, testcloud: TestCloud) -> None:
    stacks.create(PARAMETER)
    testcloud.control(fail={"Note:update": "Not now"})
    changed = {"Note": {**PARAMETER["Note"], "Properties": {"Name": "/note", "Type": "String", "Value": "2"}}}
    assert stacks.update(changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Not now" in [event.get("ResourceStatusReason") for event in stacks.events()]
    assert testcloud.client("ssm").get_parameter(Name="/note")["Parameter"]["Value"] == "1"


def test_a_failed_deletion_is_told(stacks: Stacks, testcloud: TestCloud) -> None:
    stacks.create(PARAMETER)
    testcloud.control(fail={"AWS::SSM::Parameter:delete": "Still in use"})
    assert stacks.delete() == "DELETE_FAILED"
    assert "Note" in stacks.state()["StackStatusReason"]
    testcloud.control(fail={})
    assert stacks.delete() == "DELETE_COMPLETE"


def test_a_bucket_with_objects_is_not_deleted(stacks: Stacks, testcloud: TestCloud) -> None:
    stacks.create(BUCKET)
    s3 = testcloud.client("s3")
    s3.put_object(Bucket="the-bucket", Key="x", Body=b"x")
    assert stacks.delete() == "DELETE_FAILED"
    reasons = " ".join(event.get("ResourceStatusReason", "") for event in stacks.events())
    assert "The bucket you tried to delete is not empty (Service: S3, Status Code: 409" in reasons
    s3.delete_object(Bucket="the-bucket", Key="x")
    assert stacks.delete() == "DELETE_COMPLETE"


def test_a_protected_table_is_not_deleted(stacks: Stacks) -> None:
    key = {"AttributeName": "k", "AttributeType": "S"}
    properties = {
        "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [key], "DeletionProtectionEnabled": True,
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    }  # fmt: skip
    stacks.create({"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}})
    assert stacks.delete() == "DELETE_FAILED"


@pytest.mark.parametrize(
    ("given", "needed"),
    [([], "CAPABILITY_NAMED_IAM"), (["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"), (["CAPABILITY_NAMED_IAM"], "")],
    ids=["none", "plain", "named"],
)
def test_capabilities_are_asked_for(stacks: Stacks, given: list[str], needed: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    role = {"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": policy}}}
    if not needed:
        assert stacks.create(role, Capabilities=given) == "CREATE_COMPLETE"
        return
    wanted = {"StackName": "it", "TemplateBody": template(role), "Capabilities": given}
    error = ("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")
    assert code_of(stacks.api.create_stack, **wanted) == error
    assert code_of(stacks.api.create_change_set, **wanted, ChangeSetName="c", ChangeSetType="CREATE") == error


def test_an_update_tells_only_what_it_touches_and_cleans_up(stacks: Stacks) -> None:
    extra = {"Old": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/old", "Type": "String", "Value": "1"}}}
    stacks.create({**PARAMETER, **BUCKET, **extra})
    before = len(stacks.events())
    renamed = {"Note": {**PARAMETER["Note"], "Properties": {"Name": "/new", "Type": "String", "Value": "1"}}}
    assert stacks.update({**renamed, **BUCKET}) == "UPDATE_COMPLETE"
    told = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in stacks.events()[before:]]
    assert "Bucket" not in [name for name, _ in told]
    cleanup = told.index(("it", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert ("Note", "UPDATE_COMPLETE") in told[:cleanup]
    assert {("Note", "DELETE_COMPLETE"), ("Old", "DELETE_COMPLETE")} <= set(told[cleanup:])
    assert told[-1] == ("it", "UPDATE_COMPLETE")


def test_a_change_set_says_what_would_be_replaced(stacks: Stacks) -> None:
    stacks.create(VPC)
    changed = {**VPC, "Vpc": {**VPC["Vpc"], "Properties": {"CidrBlock": "10.1.0.0/16"}}}
    stacks.api.create_change_set(StackName="it", ChangeSetName="c", TemplateBody=template(changed))
    found = stacks.api.describe_change_set(StackName="it", ChangeSetName="c")
    changes = {item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"] for item in found["Changes"]}
    assert changes["Vpc"]["Replacement"] == "True"


def test_drift_is_detected(stacks: Stacks, testcloud: TestCloud) -> None:
    closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    bucket = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": "the-bucket", "PublicAccessBlockConfiguration": closed},
        }
    }
    stacks.create({**PARAMETER, **VPC, **bucket})
    assert drift(stacks) == {}
    testcloud.client("ssm").put_parameter(Name="/note", Value="other", Overwrite=True)
    testcloud.client("s3").delete_public_access_block(Bucket="the-bucket")
    subnet = stacks.api.describe_stack_resource(StackName="it", LogicalResourceId="Subnet")["StackResourceDetail"]
    testcloud.client("ec2").delete_subnet(SubnetId=subnet["PhysicalResourceId"])
    assert drift(stacks) == {"Note": "MODIFIED", "Bucket": "MODIFIED", "Subnet": "DELETED"}


def drift(stacks: Stacks) -> dict[str, str]:
    """What is not as deployed."""
    detection = stacks.api.detect_stack_drift(StackName="it")["StackDriftDetectionId"]
    look = stacks.api.describe_stack_drift_detection_status
    until(lambda: look(StackDriftDetectionId=detection)["DetectionStatus"] != "DETECTION_IN_PROGRESS")
    found = stacks.api.describe_stack_resource_drifts(StackName="it")["StackResourceDrifts"]
    states = {item["LogicalResourceId"]: item["StackResourceDriftStatus"] for item in found}
    return {name: state for name, state in states.items() if state not in ("IN_SYNC", "NOT_CHECKED")}


def test_tags_of_a_stack_are_found_by_the_tagging_api(stacks: Stacks, testcloud: TestCloud) -> None:
    stacks.create({**VPC, **BUCKET, **PARAMETER}, Tags=[{"Key": "stack", "Value": "it"}])
    tagging = testcloud.client("resourcegroupstaggingapi")
    wanted = [{"Key": "stack", "Values": ["it"]}]
    found = {item["ResourceARN"] for item in tagging.get_resources(TagFilters=wanted)["ResourceTagMappingList"]}
    kinds = {name.split(":")[2] + ":" + name.split(":")[5].split("/")[0] for name in found}
    assert kinds == {"ec2:vpc", "ec2:subnet", "s3:the-bucket", "ssm:parameter"}
    only = tagging.get_resources(TagFilters=wanted, ResourceTypeFilters=["ec2:vpc"])["ResourceTagMappingList"]
    assert len(only) == 1
    stacks.delete()
    assert tagging.get_resources(TagFilters=wanted)["ResourceTagMappingList"] == []
