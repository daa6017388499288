"""The smoke flow: a foreach and a join, which use branches, artifacts and metadata once."""

from mfruntime import FlowSpec, step


class SmokeFlow(FlowSpec):
    """Add up a few squares."""

    @step
    def start(self):
        self.numbers = [1, 2, 3]
        self.next(self.square, foreach="numbers")

    @step
    def square(self):
        self.result = self.input**2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(branch.result for branch in inputs)
        self.next(self.end)

    @step
    def end(self):
        print(f"total: {self.total}")


if __name__ == "__main__":
    SmokeFlow()
