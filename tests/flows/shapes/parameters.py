from mfruntime import FlowSpec, IncludeFile, JSONType, Parameter, step


def make(context):
    return f"made for {context.parameter_name} of {context.flow_name}"


class Parameters(FlowSpec):
    text = Parameter("text", default="abc", help="A text.")
    whole = Parameter("whole", default=3)
    real = Parameter("real", default=0.25, type=float)
    yes = Parameter("yes", default=True)
    data = Parameter("data", default='{"a": [1, 2]}', type=JSONType)
    made = Parameter("made", default=make)
    listed = Parameter("listed", default="x,y", separator=",")
    absent = Parameter("absent", type=int)
    source = IncludeFile("source", default="included.txt")
    raw = IncludeFile("raw", default="included.txt", is_text=False)
    CONSTANT = ("c", 1)

    @step
    def start(self):
        self.seen = [self.text, self.whole, self.real, self.yes, self.data, self.made, self.listed, self.absent]
        self.kinds = [type(self.source).__name__, type(self.raw).__name__, self.CONSTANT]
        self.next(self.a, self.b)

    @step
    def a(self):
        self.next(self.join)

    @step
    def b(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.in_join = (self.text, self.whole, self.source)
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        print(self.seen, self.kinds, len(self.source), len(self.raw))


if __name__ == "__main__":
    Parameters()
