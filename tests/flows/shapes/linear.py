from mfruntime import FlowSpec, current, step


class Linear(FlowSpec):
    """A flow with a docstring.

    It has two paragraphs.
    """

    @step
    def start(self):
        """The first step."""
        self.number = 1
        self.text = "wörter"
        print("out", self.number)
        self.next(self.middle)

    @step
    def middle(self):
        self.number += 1
        self.where = current.step_name
        self.next(self.end)

    @step
    def end(self):
        print(self.number, self.where)


if __name__ == "__main__":
    Linear()
