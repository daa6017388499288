"""A flow with what a run can hold: parameters, artifacts of many kinds, a foreach, logs, a caught exception.

There is no included file: what a local datastore keeps of one names the folder in which it was made.
"""

import datetime
import decimal
import os
import sys
import time

from mfruntime import FlowSpec, JSONType, Parameter, catch, retry, step


class LegacyFlow(FlowSpec):
    """Ends well, unless FAIL is set, or KILL, the process id of the run, which is killed."""

    alpha = Parameter("alpha", type=float, default=0.5)
    options = Parameter("options", type=JSONType, default='{"depth": [1, 2]}')

    @step
    def start(self):
        self.nothing, self.number, self.text, self.raw = None, 2**70, "Füße", b"\x00\xff"
        self.nested = {"list": [1, (2.5, "x")], "set": {1, 2}}
        self.day, self.price = datetime.date(2026, 11, 29), decimal.Decimal("1.10")
        self.items = ["a", "b"]
        print("start wrote this")
        print("and this is an error", file=sys.stderr)
        self.next(self.work, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def work(self):
        self.upper = self.input.upper()
        self.next(self.fragile)

    @catch(var="problem", print_exception=False)
    @step
    def fragile(self):
        if self.upper == "B":
            raise ValueError("b is not liked")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.letters = [one.upper for one in inputs]
        self.problems = [str(one.problem.exception) for one in inputs if one.problem]
        self.merge_artifacts(inputs, include=["number", "nested"])
        self.next(self.last)

    @step
    def last(self):
        if os.environ.get("FAIL"):
            raise RuntimeError("asked to fail")
        if os.environ.get("KILL"):
            time.sleep(1)  # the service knows of this task by then
            os.kill(int(os.environ["KILL"]), 9)
            os.killpg(0, 9)
        self.total = len(self.letters)
        self.next(self.end)

    @step
    def end(self):
        print("the end of it")


if __name__ == "__main__":
    LegacyFlow()
