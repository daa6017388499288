"""A step that fails once is retried; a step that fails every time is caught, and the flow continues."""

from mfruntime import FlowSpec, catch, current, retry, step, timeout


class RetryCatchFlow(FlowSpec):
    """Continue after errors of two services: one fails twice, the other always."""

    @step
    def start(self):
        self.next(self.shaky, self.broken)

    @retry(times=3, minutes_between_retries=0)
    @step
    def shaky(self):
        if current.retry_count < 2:
            raise ConnectionError(f"no answer on attempt {current.retry_count}")
        self.answer = 42
        self.next(self.join)

    @catch(var="failure")
    @timeout(minutes=1)
    @step
    def broken(self):
        self.answer = 1 / 0
        self.next(self.join)

    @step
    def join(self, inputs):
        self.answer = inputs.shaky.answer
        self.failure = inputs.broken.failure
        self.next(self.end)

    @step
    def end(self):
        print(f"answer: {self.answer}")
        print(f"caught: {self.failure.type}: {self.failure.exception}")


if __name__ == "__main__":
    RetryCatchFlow()
