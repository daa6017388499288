from mfruntime import FlowSpec, step


class Single(FlowSpec):
    @step
    def only(self):
        self.v = 1


if __name__ == "__main__":
    Single()
