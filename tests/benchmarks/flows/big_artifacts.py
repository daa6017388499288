import random
import time

import numpy as np

from mfruntime import FlowSpec, step

MEGABYTE = 1 << 20


class BigArtifacts(FlowSpec):
    """200 MB: random float64 (does not compress), int64 of small range (compresses well), and text."""

    @step
    def start(self):
        rng = np.random.default_rng(7)
        self.floats = rng.random(80 * MEGABYTE // 8)
        self.integers = rng.integers(0, 1000, 80 * MEGABYTE // 8)
        words = [f"word{i}" for i in range(5000)]
        picker = random.Random(7)
        line = " ".join(picker.choice(words) for _ in range(1 << 20))
        self.text = (line * (40 * MEGABYTE // len(line) + 1))[: 40 * MEGABYTE]
        self.began = time.time()
        self.next(self.end)

    @step
    def end(self):
        assert self.floats.shape == self.integers.shape
        assert len(self.text) == 40 * MEGABYTE
        print("MEASURED", time.time() - self.began)


if __name__ == "__main__":
    BigArtifacts()
