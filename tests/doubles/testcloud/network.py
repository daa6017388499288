"""EC2 types: Elastic IPs, NAT gateways, flow logs, security group rules; and more attributes of VPC and subnet."""

from __future__ import annotations

from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from . import resources
from .resources import Made, new_id

Props = dict[str, Any]
LIST = ("Tags", "list")


def register() -> None:
    resources.register(
        "AWS::EC2::EIP", _create_address, _update_address, _delete_address, replacing=("Domain",), tags=LIST
    )
    resources.register(
        "AWS::EC2::NatGateway", _create_nat, _update_nat, _delete_nat, tags=LIST,
        replacing=("AllocationId", "ConnectivityType", "SubnetId"),
    )  # fmt: skip
    resources.register(
        "AWS::EC2::FlowLog", _create_flow_log, _update_flow_log, _delete_flow_log, tags=LIST,
        replacing=("DeliverLogsPermissionArn", "LogDestination", "LogDestinationType", "LogGroupName", "ResourceId", "TrafficType"),
    )  # fmt: skip
    for direction in ("Ingress", "Egress"):
        _register_rule(direction)
    resources.extend("AWS::EC2::VPC", _vpc_attributes)
    resources.extend("AWS::EC2::Subnet", _subnet_attributes)
    provisioners._REPLACING_PROPERTIES.setdefault("AWS::EC2::VPC", ("CidrBlock", "InstanceTenancy"))
    provisioners._REPLACING_PROPERTIES.setdefault("AWS::EC2::Subnet", ("AvailabilityZone", "CidrBlock", "VpcId"))
    provisioners._REPLACING_PROPERTIES.setdefault("AWS::EC2::SecurityGroup", ("GroupDescription", "GroupName", "VpcId"))


def _vpc_attributes(physical_id: str, props: Props) -> Props:
    return {"CidrBlock": ec2._vpcs[physical_id]["CidrBlock"], "CidrBlockAssociations": [], "Ipv6CidrBlocks": []}


def _subnet_attributes(physical_id: str, props: Props) -> Props:
    subnet = ec2._subnets[physical_id]
    return {"CidrBlock": subnet["CidrBlock"], "VpcId": subnet["VpcId"], "Ipv6CidrBlocks": []}


def _create_address(logical_id: str, props: Props, stack: str) -> Made:
    allocation = new_id("eipalloc")
    ec2._addresses[allocation] = {
        "AllocationId": allocation,
        "PublicIp": ec2._random_ip("52."),
        "Domain": props.get("Domain", "vpc"),
        "AssociationId": None,
        "InstanceId": None,
        "NetworkInterfaceId": None,
        "PrivateIpAddress": None,
    }
    return _update_address(allocation, {}, props, stack)


def _update_address(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    """The id of the resource is the IP address, as in AWS; its key in the store is the allocation id."""
    address = _address(physical_id)
    provisioners._ec2_apply_tags(address["AllocationId"], new, old)
    public = address["PublicIp"]
    return public, {"AllocationId": address["AllocationId"], "PublicIp": public}


def _address(name: str) -> Props:
    """Find an address by its allocation id or its IP address."""
    for allocation, address in ec2._addresses.items():
        if name in (allocation, address["PublicIp"]):
            return dict(address)
    raise ValueError(f"The address '{name}' does not exist.")


def _delete_address(physical_id: str, props: Props) -> None:
    for allocation, address in list(ec2._addresses.items()):
        if address["PublicIp"] == physical_id:
            del ec2._addresses[allocation]
            ec2._tags.pop(allocation, None)


def _create_nat(logical_id: str, props: Props, stack: str) -> Made:
    subnet = ec2._subnets.get(props["SubnetId"])
    if subnet is None:
        raise ValueError(f"The subnet ID '{props['SubnetId']}' does not exist")
    nat = new_id("nat")
    ec2._nat_gateways[nat] = {
        "NatGatewayId": nat,
        "SubnetId": props["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AllocationId": props.get("AllocationId", ""),
        "ConnectivityType": props.get("ConnectivityType", "public"),
        "State": "available",
        "CreateTime": ec2._now_ts(),
        "Tags": [],
    }
    return _update_nat(nat, {}, props, stack)


def _update_nat(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    provisioners._ec2_apply_tags(physical_id, new, old)
    return physical_id, {"NatGatewayId": physical_id}


def _delete_nat(physical_id: str, props: Props) -> None:
    if physical_id in ec2._nat_gateways:
        ec2._nat_gateways[physical_id]["State"] = "deleted"


def _create_flow_log(logical_id: str, props: Props, stack: str) -> Made:
    flow_log = new_id("fl")
    ec2._flow_logs[flow_log] = {
        "FlowLogId": flow_log,
        "ResourceId": props["ResourceId"],
        "ResourceType": props.get("ResourceType", "VPC"),
        "TrafficType": props.get("TrafficType", "ALL"),
        "LogDestinationType": props.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": props.get("LogDestination") or props.get("LogGroupName", ""),
        "FlowLogStatus": "ACTIVE",
        "CreationTime": ec2._now_ts(),
    }
    return _update_flow_log(flow_log, {}, props, stack)


def _update_flow_log(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    provisioners._ec2_apply_tags(physical_id, new, old)
    return physical_id, {"Id": physical_id}


def _delete_flow_log(physical_id: str, props: Props) -> None:
    ec2._flow_logs.pop(physical_id, None)
    ec2._tags.pop(physical_id, None)


def _register_rule(direction: str) -> None:
    """Rules as separate resources, in addition to those that a security group lists itself."""
    place = "IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"

    def create(logical_id: str, props: Props, stack: str) -> Made:
        (rule,) = provisioners._ec2_sg_permissions([props])
        rule["SecurityGroupRuleId"] = new_id("sgr")
        rules = _group(props["GroupId"])[place]
        if any(_same_rule(rule, other) for other in rules):
            raise ValueError("the specified rule already exists")
        rules.append(rule)
        return rule["SecurityGroupRuleId"], {"Id": rule["SecurityGroupRuleId"]}

    def update(physical_id: str, old: Props, new: Props, stack: str) -> Made:
        (rule,) = provisioners._ec2_sg_permissions([new])
        rules = _group(new["GroupId"])[place]
        rules[:] = [{**rule, "SecurityGroupRuleId": physical_id} if _is(old, physical_id) else old for old in rules]
        return physical_id, {"Id": physical_id}

    def delete(physical_id: str, props: Props) -> None:
        group = ec2._security_groups.get(props["GroupId"])
        if group:
            group[place] = [rule for rule in group[place] if not _is(rule, physical_id)]

    replacing = ("CidrIp", "CidrIpv6", "FromPort", "GroupId", "IpProtocol", "ToPort", "SourceSecurityGroupId")
    replacing += ("DestinationSecurityGroupId", "SourcePrefixListId", "DestinationPrefixListId")
    resources.register(f"AWS::EC2::SecurityGroup{direction}", create, update, delete, replacing=replacing)


def _group(group: str) -> Props:
    found = ec2._security_groups.get(group)
    if found is None:
        raise ValueError(f"The security group '{group}' does not exist")
    return found  # type: ignore[no-any-return]


def _is(rule: Props, physical_id: str) -> bool:
    return rule.get("SecurityGroupRuleId") == physical_id


def _same_rule(one: Props, other: Props) -> bool:
    """Whether two rules allow the same traffic, regardless of description and id."""
    return bool(ec2._strip_descriptions(one) == ec2._strip_descriptions(other))
