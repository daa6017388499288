"""The token for EKS, where what a cluster does with it is done: whom it lets in, and for how long."""

from __future__ import annotations

import base64
import datetime
import uuid
from collections.abc import Callable, Iterator

import pytest

from mfinfra.clouds.aws import cluster as aws_cluster
from mfinfra.clouds.aws import identity
from tests.doubles.eks import Keys, cluster, new_user
from tests.doubles.fixtures import Aws


@pytest.fixture
def keys(aws: Aws) -> Keys:
    return new_user(aws)


@pytest.fixture
def name(aws: Aws, keys: Keys) -> Iterator[str]:
    """A cluster that the owner of the keys made."""
    found = f"c{uuid.uuid4().hex[:8]}"
    with cluster(aws, found, keys):
        yield found


@pytest.fixture
def token(aws: Aws, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A token as mfinfra makes it with these keys, by default those of who made the cluster."""

    def make(name: str, owner: Keys = keys) -> str:
        for variable, value in {**aws.environment, **owner.environment}.items():
            monkeypatch.setenv(variable, value)
        return aws_cluster.token(identity.session("us-east-1"), name).text

    return make


def test_who_made_the_cluster_enters_it(aws: Aws, keys: Keys, name: str, token: Callable[..., str]) -> None:
    assert aws.who_enters(name, token(name)) == keys.arn


def test_a_token_is_for_one_cluster(aws: Aws, keys: Keys, name: str, token: Callable[..., str]) -> None:
    with cluster(aws, f"{name}-2", keys):
        assert aws.who_enters(f"{name}-2", token(f"{name}-2")) == keys.arn
        assert aws.who_enters(f"{name}-2", token(name)) == ""


def test_a_token_that_was_changed_lets_nobody_in(aws: Aws, name: str, token: Callable[..., str]) -> None:
    url = base64.urlsafe_b64decode(token(name).removeprefix("k8s-aws-v1.") + "==").decode()
    changed = url.replace("X-Amz-Expires=60", "X-Amz-Expires=61")
    assert changed != url
    assert aws.who_enters(name, "k8s-aws-v1." + base64.urlsafe_b64encode(changed.encode()).decode()) == ""


def test_keys_without_an_entry_or_without_an_account_let_nobody_in(
    aws: Aws, keys: Keys, name: str, token: Callable[..., str]
) -> None:
    stranger = new_user(aws)
    assert aws.who_enters(name, token(name, stranger)) == ""
    aws.client("eks").create_access_entry(clusterName=name, principalArn=stranger.arn)
    assert aws.who_enters(name, token(name, stranger)) == stranger.arn
    assert aws.who_enters(name, token(name, Keys(keys.id, "another secret", keys.arn))) == ""


def test_lent_keys_enter_with_the_session_that_they_are_of(aws: Aws, name: str, token: Callable[..., str]) -> None:
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}'
    )
    role = aws.client("iam").create_role(RoleName=f"{name}-people", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    aws.client("eks").create_access_entry(clusterName=name, principalArn=role)
    lent = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"]
    session = Keys(lent["AccessKeyId"], lent["SecretAccessKey"], role, lent["SessionToken"])
    assert aws.who_enters(name, token(name, session)).endswith(f"assumed-role/{name}-people/ann")
    assert aws.who_enters(name, token(name, Keys(session.id, session.secret, role, "of another session"))) == ""


@pytest.mark.parametrize(("minutes", "is_let_in"), [(14, True), (16, False)])
def test_a_token_ends(
    minutes: int, is_let_in: bool, aws: Aws, name: str, token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours counts as ended after 14 minutes, the cluster takes it for 15."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: then.replace(tzinfo=None))
    assert bool(aws.who_enters(name, token(name))) == is_let_in
