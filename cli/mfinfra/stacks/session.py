"""A stack with its cloud, signed in, and its engine, ready to use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import clouds
from ..engines import select
from ..errors import Refused
from ..machine import record
from ..stackfile import immutable, rules

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..console import Console
    from ..engines.base import Deployment
    from ..stackfile.schema import StackConfig


@dataclass(frozen=True)
class Session:
    """A stack with its cloud and its engine."""

    config: StackConfig
    cloud: Cloud
    deployment: Deployment

    @property
    def plan_context(self) -> dict[str, str]:
        """The values that must be the same when a plan is applied as when it was created."""
        return {
            "engine": self.deployment.engine,
            "account": self.cloud.account,
            "region": str(self.config.region),
            "digest": self.deployment.digest,
        }


def open_stack(config: StackConfig, console: Console) -> Session:
    """Sign in to the cloud and prepare the engine. Raises CloudError if there are no credentials."""
    stack = record.find(config.name)
    before = stack.engine if stack is not None else None
    engine = config.engine or before or select.chosen_engine(config)
    if stack is not None and stack.config is not None:
        immutable.check_unmoved(json.loads(stack.config), config.model_copy(update={"engine": engine}))
    cloud = sign_in(config, console)
    return Session(config, cloud, select.of(cloud, engine, console.step))


def sign_in(config: StackConfig, console: Console) -> Cloud:
    """The cloud of a stack, with the caller's identity. Raises CloudError if there are no credentials, Refused if the
    stack file sets another account."""
    cloud = clouds.sign_in(config)
    _check_account(config, cloud.account)
    console.done(f"{rules.ACCOUNTS[config.cloud].capitalize()} {cloud.account}, region {config.region}, as {cloud.who}")
    return cloud


def _check_account(config: StackConfig, account: str) -> None:
    if config.account is not None and config.account != account:
        raise Refused(
            f"The credentials are for {rules.ACCOUNTS[config.cloud]} {account}; the stack file requires"
            f" {config.account}.",
            hint="Use other credentials, for example: export AWS_PROFILE=NAME",
        )
