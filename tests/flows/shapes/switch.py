from mfruntime import FlowSpec, step


class Switch(FlowSpec):
    @step
    def start(self):
        self.choice = "b"
        self.next({"a": self.way_a, "b": self.way_b}, condition="choice")

    @step
    def way_a(self):
        self.v = "a"
        self.next(self.end)

    @step
    def way_b(self):
        self.v = "b"
        self.next(self.end)

    @step
    def end(self):
        print(self.v)


if __name__ == "__main__":
    Switch()
