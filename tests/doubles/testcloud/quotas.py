"""Service Quotas: AWS's defaults of the quotas that a stack can exceed; a test can set others."""

from __future__ import annotations

from typing import Any

from . import control, targets
from .resources import arn

Document = dict[str, Any]

#: (service, code) -> (name, value, unit), as in a new account.
DEFAULTS = {
    ("vpc", "L-F678F1CE"): ("VPCs per Region", 5.0, "None"),
    ("vpc", "L-FE5A380F"): ("NAT gateways per Availability Zone", 5.0, "None"),
    ("vpc", "L-A4707A72"): ("Internet gateways per Region", 5.0, "None"),
    ("vpc", "L-29B6F2EB"): ("Interface VPC endpoints per VPC", 50.0, "None"),
    ("vpc", "L-E79EC296"): ("VPC security groups per Region", 2500.0, "None"),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0, "None"),
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5.0, "None"),
    ("ec2", "L-34B43A08"): ("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 5.0, "None"),
    ("ec2", "L-DB2E81BA"): ("Running On-Demand G and VT instances", 0.0, "None"),
    ("ec2", "L-3819A6DF"): ("All G and VT Spot Instance Requests", 0.0, "None"),
    ("ec2", "L-417A185B"): ("Running On-Demand P instances", 0.0, "None"),
    ("ec2", "L-7212CCBC"): ("All P4, P3 and P2 Spot Instance Requests", 0.0, "None"),
    ("fargate", "L-3032A538"): ("Fargate On-Demand vCPU resource count", 6.0, "None"),
    ("fargate", "L-36FBB829"): ("Fargate Spot vCPU resource count", 6.0, "None"),
    ("batch", "L-144F0CA5"): ("Compute environment limit", 50.0, "None"),
    ("batch", "L-7C77D4C4"): ("Job queue limit", 50.0, "None"),
    ("rds", "L-7B6409FD"): ("DB instances", 40.0, "None"),
    ("s3", "L-DC2B2D3D"): ("General purpose buckets", 10000.0, "None"),
    ("elasticloadbalancing", "L-53DA6B97"): ("Application Load Balancers per Region", 50.0, "None"),
    ("elasticloadbalancing", "L-69A177A2"): ("Network Load Balancers per Region", 50.0, "None"),
    ("iam", "L-FE177D64"): ("Roles per account", 1000.0, "None"),
    ("ecs", "L-21C621EB"): ("Clusters per account", 10000.0, "None"),
}


def install() -> None:
    calls = {
        "GetServiceQuota": _get,
        "GetAWSDefaultServiceQuota": _get_default,
        "ListServiceQuotas": _list,
        "ListAWSDefaultServiceQuotas": _list,
    }
    targets.add("servicequotas", "ServiceQuotasV20190624.", "servicequotas", calls)


def _get(wanted: Document) -> Document:
    return {"Quota": _quota(wanted["ServiceCode"], wanted["QuotaCode"])}


def _get_default(wanted: Document) -> Document:
    found = _quota(wanted["ServiceCode"], wanted["QuotaCode"])
    return {"Quota": {**found, "Value": DEFAULTS[wanted["ServiceCode"], wanted["QuotaCode"]][1]}}


def _list(wanted: Document) -> Document:
    return {"Quotas": [_quota(service, code) for service, code in DEFAULTS if service == wanted["ServiceCode"]]}


def _quota(service: str, code: str) -> Document:
    """One quota; a test sets its value as "L-...": 8."""
    if (service, code) not in DEFAULTS:
        raise targets.Refusal(
            "NoSuchResourceException", "The request failed because the specified quota does not exist"
        )
    name, value, unit = DEFAULTS[service, code]
    return {
        "ServiceCode": service,
        "ServiceName": service,
        "QuotaArn": arn("servicequotas", f"{service}/{code}"),
        "QuotaCode": code,
        "QuotaName": name,
        "Value": control.state.quotas.get(code, value),
        "Unit": unit,
        "Adjustable": True,
        "GlobalQuota": False,
    }
