"""A foreach runs a step once for each item of a list; a nested foreach does so for each item of each item."""

from mfruntime import FlowSpec, current, step


class ForeachFlow(FlowSpec):
    """Multiplication tables, one task per product."""

    @step
    def start(self):
        self.rows = [1, 2, 3]
        self.next(self.row, foreach="rows")

    @step
    def row(self):
        self.factor = self.input
        self.columns = [1, 2, 3, 4]
        self.next(self.product, foreach="columns")

    @step
    def product(self):
        self.value = self.factor * self.input
        print(f"task {current.task_id}: {self.factor} x {self.input} = {self.value}")
        self.next(self.join_row)

    @step
    def join_row(self, inputs):
        self.values = [branch.value for branch in inputs]
        self.next(self.join_table)

    @step
    def join_table(self, inputs):
        self.table = [branch.values for branch in inputs]
        self.next(self.end)

    @step
    def end(self):
        for row in self.table:
            print(" ".join(f"{value:3d}" for value in row))


if __name__ == "__main__":
    ForeachFlow()
