"""The final snapshot of a database on AWS has a name that no earlier database of the stack has used."""

from __future__ import annotations

import re

from tests.doubles.configuration import Configuration
from tests.programs import ROOT

STACK = """
provider "aws" { region = "eu-west-1" }
module "metadata" {
  source          = "./modules/aws/metadata"
  name            = "demo"
  vpc_id          = "vpc-0123456789abcdef0"
  vpc_cidr_blocks = ["10.20.0.0/16"]
  subnet_ids      = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  image           = "service:1"
}
"""


def test_a_database_that_was_replaced_and_its_successor_have_two_snapshots(configuration: Configuration) -> None:
    (configuration.folder / "modules").symlink_to(ROOT / "terraform" / "modules")
    configuration.apply(STACK)
    address = "module.metadata.aws_db_instance.this[0]"
    names = set()
    for _ in range(2):
        state = configuration.must("state", "show", address)
        names.add(re.findall(r'final_snapshot_identifier += "(.*)"', state)[0])
        configuration.must("apply", "-auto-approve", f"-replace={address}")
    configuration.must("destroy", "-auto-approve")
    assert len(names) == 2
