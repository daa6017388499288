from mfruntime import FlowSpec, step


class Branch(FlowSpec):
    @step
    def start(self):
        self.shared = [1, 2]
        self.next(self.left, self.right)

    @step
    def left(self):
        self.only_left = "l"
        self.same = 5
        self.next(self.join)

    @step
    def right(self):
        self.only_right = "r"
        self.same = 5
        self.next(self.join)

    @step
    def join(self, inputs):
        self.steps = sorted(i._current_step for i in inputs)
        self.both = (inputs.left.only_left, inputs.right.only_right, inputs.right.same)
        self.merge_artifacts(inputs, exclude=["only_right"])
        self.next(self.end)

    @step
    def end(self):
        print(self.both, self.only_left, self.shared)


if __name__ == "__main__":
    Branch()
