from mfruntime import FlowSpec, step


class NestedForeach(FlowSpec):
    @step
    def start(self):
        self.outer = [1, 2]
        self.next(self.middle, foreach="outer")

    @step
    def middle(self):
        self.inner = ({"k": self.input}, [self.input])
        self.next(self.body, foreach="inner")

    @step
    def body(self):
        self.stack = self.foreach_stack()
        self.next(self.join_inner)

    @step
    def join_inner(self, inputs):
        self.stacks = [i.stack for i in inputs]
        self.next(self.join_outer)

    @step
    def join_outer(self, inputs):
        self.all = [i.stacks for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        print(len(self.all))


if __name__ == "__main__":
    NestedForeach()
