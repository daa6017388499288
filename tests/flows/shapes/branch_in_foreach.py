from mfruntime import FlowSpec, step


class BranchInForeach(FlowSpec):
    @step
    def start(self):
        self.items = [10, 20]
        self.next(self.split, foreach="items")

    @step
    def split(self):
        self.item = self.input
        self.next(self.plus, self.minus)

    @step
    def plus(self):
        self.v = self.item + 1
        self.next(self.join_branch)

    @step
    def minus(self):
        self.v = self.item - 1
        self.next(self.join_branch)

    @step
    def join_branch(self, inputs):
        self.pair = sorted(i.v for i in inputs)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.pairs = [i.pair for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        print(self.pairs)


if __name__ == "__main__":
    BranchInForeach()
