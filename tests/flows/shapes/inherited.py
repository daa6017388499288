from mfruntime import FlowSpec, Parameter, step


class Base(FlowSpec):
    size = Parameter("size", default=3)
    RATE = 0.5

    @step
    def start(self):
        self.v = self.size * self.RATE
        self.next(self.end)

    @step
    def end(self):
        print("base")


class Inherited(Base):
    @step
    def end(self):
        print("derived", self.v)


if __name__ == "__main__":
    Inherited()
