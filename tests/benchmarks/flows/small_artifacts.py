import time

from mfruntime import FlowSpec, step


class SmallArtifacts(FlowSpec):
    @step
    def start(self):
        for i in range(300):
            setattr(self, f"artifact_{i:03d}", {"index": i, "name": f"value {i}", "values": list(range(i % 20))})
        self.began = time.time()
        self.next(self.end)

    @step
    def end(self):
        self.total = sum(getattr(self, f"artifact_{i:03d}")["index"] for i in range(300))
        assert self.total == 300 * 299 // 2
        print("MEASURED", time.time() - self.began)


if __name__ == "__main__":
    SmallArtifacts()
