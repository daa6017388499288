from mfruntime import FlowSpec, step


class Foreach(FlowSpec):
    @step
    def start(self):
        self.items = ["a", "b", "c" * 60]
        self.next(self.body, foreach="items")

    @step
    def body(self):
        self.upper = self.input.upper()
        self.position = self.index
        self.stack = self.foreach_stack()
        self.next(self.after)

    @step
    def after(self):
        self.again = (self.index, self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.all = [i.upper for i in inputs]
        self.merge_artifacts(inputs, include=["items"])
        self.next(self.end)

    @step
    def end(self):
        print(self.all, self.index, self.input)


if __name__ == "__main__":
    Foreach()
