from mfruntime import FlowSpec, step


class Recursion(FlowSpec):
    @step
    def start(self):
        self.n = 0
        self.next(self.loop)

    @step
    def loop(self):
        self.n += 1
        self.go_on = "again" if self.n < 3 else "done"
        self.next({"again": self.loop, "done": self.last}, condition="go_on")

    @step
    def last(self):
        self.next(self.end)

    @step
    def end(self):
        print(self.n)


if __name__ == "__main__":
    Recursion()
