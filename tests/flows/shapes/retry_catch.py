from mfruntime import FlowSpec, catch, current, environment, resources, retry, step, timeout


class RetryCatch(FlowSpec):
    @step
    def start(self):
        self.next(self.shaky, self.broken, self.fine)

    @retry(times=2, minutes_between_retries=0)
    @step
    def shaky(self):
        if current.retry_count < 1:
            raise ValueError("not yet")
        self.attempt = current.retry_count
        self.next(self.join)

    @catch(var="failure", print_exception=False)
    @retry(times=1, minutes_between_retries=0)
    @step
    def broken(self):
        self.before = 1
        raise KeyError("gone")
        self.next(self.join)

    @catch(var="failure")
    @timeout(hours=1)
    @environment(vars={"COLOUR": "blue"})
    @resources(memory=100, cpu=1)
    @step
    def fine(self):
        import os

        self.colour = os.environ["COLOUR"]
        self.next(self.join)

    @step
    def join(self, inputs):
        self.kinds = sorted(type(i.failure).__name__ if hasattr(i, "failure") else "-" for i in inputs)
        self.colour = inputs.fine.colour
        self.next(self.end)

    @step
    def end(self):
        print(self.kinds, self.colour)


if __name__ == "__main__":
    RetryCatch()
