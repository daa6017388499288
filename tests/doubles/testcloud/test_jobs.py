"""Batch and Step Functions in the double of AWS: jobs are processes that really run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.programs import cache

from .checks import Document, code_of, until
from .cloud import ROOT, TestCloud

pytest_plugins = ("tests.doubles.testcloud.fixtures",)


class Batch:
    """A queue of one environment, and jobs of a shell command."""

    def __init__(self, cloud: TestCloud, most: int = 16) -> None:
        self.api, self.logs = cloud.client("batch"), cloud.client("logs")
        compute = {"type": "EC2", "minvCpus": 0, "maxvCpus": most, "subnets": ["s"], "instanceTypes": ["m6i"]}
        self.api.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=compute)
        order = [{"order": 1, "computeEnvironment": "ce"}]
        self.api.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)

    def submit(self, script: str, queue: str = "q", **options: Any) -> str:
        container = {"image": "i", "vcpus": 1, "memory": 128, "command": ["sh", "-c", script]}
        self.api.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
        return str(self.api.submit_job(jobName="j", jobQueue=queue, jobDefinition="d", **options)["jobId"])

    def job(self, name: str) -> Document:
        found: Document = self.api.describe_jobs(jobs=[name])["jobs"][0]
        return found

    def at(self, name: str, *states: str) -> Document:
        """The job, once it is in one of the states."""
        until(lambda: self.job(name)["status"] in states)
        return self.job(name)

    def ended(self, name: str) -> Document:
        return self.at(name, "SUCCEEDED", "FAILED")

    def output(self, job: Document) -> list[str]:
        stream = job["container"]["logStreamName"]
        events = self.logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=stream)["events"]
        return [event["message"] for event in events]


@pytest.fixture
def batch(testcloud: TestCloud) -> Batch:
    return Batch(testcloud)


def test_a_job_runs_and_its_output_is_logged(batch: Batch) -> None:
    environment = {"environment": [{"name": "WORD", "value": "hello"}]}
    job = batch.ended(
        batch.submit("echo $WORD; echo $AWS_BATCH_JOB_ID $AWS_BATCH_JOB_ATTEMPT", containerOverrides=environment)
    )
    assert job["status"] == "SUCCEEDED"
    assert job["container"]["exitCode"] == 0
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]
    assert batch.output(job) == ["hello", f"{job['jobId']} 1"]
    listed = batch.api.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    assert [item["jobId"] for item in listed] == [job["jobId"]]


def test_a_job_speaks_to_the_cloud_that_runs_it(batch: Batch, testcloud: TestCloud) -> None:
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    job = batch.ended(batch.submit(f'"{sys.executable}" -c "{code}"'))
    assert batch.output(job) == [testcloud.account]


def test_a_failing_job_is_repeated_as_its_strategy_says(batch: Batch) -> None:
    rules = [{"action": "EXIT", "onExitCode": "3"}, {"action": "RETRY", "onExitCode": "*"}]
    strategy = {"attempts": 5, "evaluateOnExit": rules}
    job = batch.ended(batch.submit("test $AWS_BATCH_JOB_ATTEMPT -lt 3 && exit 1; exit 3", retryStrategy=strategy))
    assert job["status"] == "FAILED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [1, 1, 3]
    assert job["statusReason"] == "Essential container in task exited"


def test_a_queue_with_a_policy_takes_only_jobs_with_an_identifier_and_a_priority(batch: Batch) -> None:
    policy = batch.api.create_scheduling_policy(name="p", fairsharePolicy={"shareDecaySeconds": 60})["arn"]
    order = [{"order": 1, "computeEnvironment": "ce"}]
    with pytest.raises(Exception, match="cannot be added to an existing job queue"):
        batch.api.update_job_queue(jobQueue="q", schedulingPolicyArn=policy)
    with pytest.raises(Exception, match="shareIdentifier must not"):
        batch.submit("true", shareIdentifier="me")
    batch.api.create_job_queue(jobQueueName="f", priority=1, computeEnvironmentOrder=order, schedulingPolicyArn=policy)
    with pytest.raises(Exception, match="shareIdentifier must be"):
        batch.submit("true", queue="f")
    with pytest.raises(Exception, match="schedulingPriority must be"):
        batch.submit("true", queue="f", shareIdentifier="me")
    job = batch.ended(batch.submit("true", queue="f", shareIdentifier="me", schedulingPriorityOverride=1))
    assert (job["status"], job["shareIdentifier"]) == ("SUCCEEDED", "me")


def test_an_array_of_jobs_knows_its_indices(batch: Batch) -> None:
    parent = batch.ended(
        batch.submit("echo $AWS_BATCH_JOB_ARRAY_INDEX; exit $AWS_BATCH_JOB_ARRAY_INDEX", arrayProperties={"size": 2})
    )
    assert parent["status"] == "FAILED"
    assert parent["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 1
    children = [batch.job(f"{parent['jobId']}:{index}") for index in range(2)]
    assert [batch.output(child) for child in children] == [["0"], ["1"]]
    listed = batch.api.list_jobs(arrayJobId=parent["jobId"], jobStatus="FAILED")["jobSummaryList"]
    assert [item["arrayProperties"]["index"] for item in listed] == [1]


def test_jobs_wait_for_each_other(batch: Batch) -> None:
    first = batch.submit("sleep 0.3")
    second = batch.submit("true", dependsOn=[{"jobId": first}])
    assert batch.at(second, "PENDING")["status"] == "PENDING"
    assert batch.ended(second)["startedAt"] >= batch.job(first)["stoppedAt"]
    failed = batch.submit("exit 1")
    after = batch.ended(batch.submit("true", dependsOn=[{"jobId": failed}]))
    assert (after["status"], after["statusReason"]) == ("FAILED", "Dependent Job failed")
    assert after["attempts"] == []


def test_arrays_wait_for_each_other_item_by_item(batch: Batch) -> None:
    first = batch.submit("exit $AWS_BATCH_JOB_ARRAY_INDEX", arrayProperties={"size": 2})
    second = batch.submit("true", arrayProperties={"size": 2}, dependsOn=[{"jobId": first, "type": "N_TO_N"}])
    batch.ended(second)
    assert [batch.job(f"{second}:{index}")["status"] for index in range(2)] == ["SUCCEEDED", "FAILED"]


def test_a_job_over_its_time_is_ended_with_what_it_started(batch: Batch, tmp_path: Path) -> None:
    script = f"(sleep 2; touch {tmp_path}/left) & sleep 60"
    job = batch.ended(batch.submit(script, timeout={"attemptDurationSeconds": 1}, retryStrategy={"attempts": 3}))
    assert (job["status"], job["statusReason"]) == ("FAILED", "Job attempt duration exceeded timeout")
    assert job["container"]["exitCode"] == 137
    assert len(job["attempts"]) == 1
    time.sleep(1.5)
    assert not (tmp_path / "left").exists()


def test_a_running_job_is_terminated(batch: Batch) -> None:
    name = batch.submit("sleep 60", retryStrategy={"attempts": 3})
    batch.at(name, "RUNNING")
    batch.api.cancel_job(jobId=name, reason="too late for this")
    assert batch.job(name)["status"] == "RUNNING"
    batch.api.terminate_job(jobId=name, reason="enough")
    job = batch.ended(name)
    assert (job["status"], job["statusReason"], job["isTerminated"]) == ("FAILED", "enough", True)


def test_a_job_without_room_stays_runnable_and_can_be_cancelled(testcloud: TestCloud) -> None:
    batch = Batch(testcloud, most=0)
    name = batch.submit("true")
    batch.at(name, "RUNNABLE")
    front = batch.api.get_job_queue_snapshot(jobQueue="q")["frontOfQueue"]["jobs"]
    assert [item["jobArn"] for item in front] == [batch.job(name)["jobArn"]]
    batch.api.cancel_job(jobId=name, reason="never mind")
    assert batch.ended(name)["statusReason"] == "never mind"
    waiting = batch.submit("true")
    batch.api.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 4})
    assert batch.ended(waiting)["status"] == "SUCCEEDED"


def test_a_program_that_is_not_there_fails_to_start(batch: Batch) -> None:
    container = {"image": "i", "vcpus": 1, "memory": 1, "command": ["no-such-program"]}
    batch.api.register_job_definition(jobDefinitionName="n", type="container", containerProperties=container)
    job = batch.ended(batch.api.submit_job(jobName="j", jobQueue="q", jobDefinition="n")["jobId"])
    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert "CannotStartContainerError" in job["container"]["reason"]


def test_a_job_gets_its_secrets(batch: Batch, testcloud: TestCloud) -> None:
    secret = testcloud.client("secretsmanager").create_secret(Name="s", SecretString='{"password": "p"}')["ARN"]
    secrets = [{"name": "PASSWORD", "valueFrom": f"{secret}:password::"}]
    container = {"image": "i", "vcpus": 1, "memory": 1, "command": ["sh", "-c", "echo $PASSWORD"], "secrets": secrets}
    batch.api.register_job_definition(jobDefinitionName="s", type="container", containerProperties=container)
    job = batch.ended(batch.api.submit_job(jobName="j", jobQueue="q", jobDefinition="s")["jobId"])
    assert batch.output(job) == ["p"]


def test_what_is_wrong_with_a_submission_is_told(batch: Batch) -> None:
    code, message = code_of(batch.api.submit_job, jobName="j", jobQueue="none", jobDefinition="d")
    assert (code, message) == ("ClientException", "JobQueue none does not exist")
    assert code_of(batch.api.delete_compute_environment, computeEnvironment="ce")[0] == "ClientException"


# Step Functions


def run_machine(testcloud: TestCloud, definition: Document, **given: Any) -> Document:
    """Start an execution and wait for its end."""
    api = testcloud.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/r"
    machine = api.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    name = api.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    until(lambda: api.describe_execution(executionArn=name)["status"] != "RUNNING")
    found: Document = api.describe_execution(executionArn=name)
    return found


def submission(**more: Any) -> Document:
    parameters = {"JobName": "j", "JobQueue": "q", "JobDefinition": "d", **more}
    return {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": parameters}


def test_an_execution_runs_jobs_and_reads_what_became_of_them(batch: Batch, testcloud: TestCloud) -> None:
    batch.ended(batch.submit('echo "$WORD $MANAGED_BY_AWS"'))
    environment = {"Environment": [{"Name": "WORD", "Value.$": "$.word"}]}
    states = {
        "Run": {**submission(ContainerOverrides=environment), "ResultPath": "$.job", "Next": "Read"},
        "Read": {"Type": "Pass", "Parameters": {"Job.$": "$.job.JobId", "Status.$": "$.job.Status"}, "End": True},
    }
    found = run_machine(testcloud, {"StartAt": "Run", "States": states}, word="hello")
    assert found["status"] == "SUCCEEDED"
    output = json.loads(found["output"])
    assert output["Status"] == "SUCCEEDED"
    assert batch.output(batch.job(output["Job"])) == ["hello STARTED_BY_STEP_FUNCTIONS"]


def test_a_failed_job_is_repeated_and_caught(batch: Batch, testcloud: TestCloud) -> None:
    testcloud.control(time_scale=0.01)
    batch.ended(batch.submit("exit 7"))
    again = {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2, "IntervalSeconds": 10}
    catch = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}
    states = {
        "Run": {**submission(), "Retry": [again], "Catch": [catch], "End": True},
        "Caught": {"Type": "Pass", "End": True},
    }
    found = run_machine(testcloud, {"StartAt": "Run", "States": states})
    error = json.loads(found["output"])["error"]
    assert error["Error"] == "States.TaskFailed"
    assert json.loads(error["Cause"])["Container"]["ExitCode"] == 7
    assert len(batch.api.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"]) == 4


def test_a_map_runs_a_job_for_each_item(batch: Batch, testcloud: TestCloud) -> None:
    batch.ended(batch.submit("echo $ITEM"))
    environment = {"Environment": [{"Name": "ITEM", "Value.$": "States.Format('{}', $)"}]}
    inner = {"StartAt": "Run", "States": {"Run": {**submission(ContainerOverrides=environment), "End": True}}}
    states = {"Each": {"Type": "Map", "ItemsPath": "$.items", "Iterator": inner, "MaxConcurrency": 2, "End": True}}
    found = run_machine(testcloud, {"StartAt": "Each", "States": states}, items=[1, 2, 3])
    jobs = [batch.job(item["JobId"]) for item in json.loads(found["output"])]
    assert [batch.output(job) for job in jobs] == [["1"], ["2"], ["3"]]


def test_a_stopped_execution_stops_its_jobs(batch: Batch, testcloud: TestCloud) -> None:
    batch.submit("sleep 60")
    api, role = testcloud.client("stepfunctions"), "arn:aws:iam::123456789012:role/r"
    definition = json.dumps({"StartAt": "Run", "States": {"Run": {**submission(JobName="mine"), "End": True}}})
    machine = api.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    execution = api.start_execution(stateMachineArn=machine)["executionArn"]
    running = batch.api.list_jobs
    mine = until(lambda: [job for job in running(jobQueue="q")["jobSummaryList"] if job["jobName"] == "mine"])
    api.stop_execution(executionArn=execution)
    assert batch.ended(mine[0]["jobId"])["status"] == "FAILED"


# The end of the cloud


PARENT = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from tests.doubles.testcloud.cloud import running
with running() as cloud:
    print(cloud.url, flush=True)
    time.sleep(60)
"""


def test_the_cloud_ends_with_its_parent_and_leaves_nothing(testcloud: TestCloud, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    env = {**os.environ, "TMPDIR": str(tmp_path / "temporary"), "MFINFRA_TEST_CACHE": str(cache())}
    parent = subprocess.Popen([sys.executable, "-c", PARENT], env=env, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    cloud = TestCloud(parent.stdout.readline().strip())
    batch = Batch(cloud)
    name = batch.submit(f"sleep 2; touch {tmp_path}/left")
    batch.at(name, "RUNNING")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not reachable(cloud))
    time.sleep(2)
    assert not (tmp_path / "left").exists()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_cloud_listens_on_loopback_only(testcloud: TestCloud) -> None:
    assert testcloud.url.startswith("http://127.0.0.1:")
    port = int(testcloud.url.rpartition(":")[2])
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("only Linux tells what is listened to")
    listening = [line.split()[1] for line in table.read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [place for place in listening if place.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def reachable(cloud: TestCloud) -> bool:
    try:
        cloud.control()
    except OSError:
        return False
    return True
