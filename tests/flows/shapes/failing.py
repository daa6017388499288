import sys

from mfruntime import FlowSpec, step


class Failing(FlowSpec):
    @step
    def start(self):
        self.v = 1
        print("about to fail", file=sys.stderr)
        self.next(self.bad)

    @step
    def bad(self):
        self.kept = 2
        raise RuntimeError("broken on purpose")
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Failing()
