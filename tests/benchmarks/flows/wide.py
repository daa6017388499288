import os

from mfruntime import FlowSpec, Parameter, step


class Wide(FlowSpec):
    width = Parameter("width", default=1000, type=int)

    @step
    def start(self):
        self.items = list(range(self.width))
        self.next(self.body, foreach="items")

    @step
    def body(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.count = sum(1 for _ in inputs)
        self.next(self.end)

    @step
    def end(self):
        assert self.count == self.width
        if os.environ.get("FAIL_AT_END"):
            raise RuntimeError("asked to fail, so that the run can be resumed")


if __name__ == "__main__":
    Wide()
