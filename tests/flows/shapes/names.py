from mfruntime import FlowSpec, step


class Names(FlowSpec):
    @step(start=True)
    def begin(self):
        self.next(self.finish)

    @step(end=True)
    def finish(self):
        self.v = 1


if __name__ == "__main__":
    Names()
