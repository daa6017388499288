"""Two branches that run in parallel; the join has the results of both."""

from mfruntime import FlowSpec, step


class BranchFlow(FlowSpec):
    """Count the words and the letters of a text in parallel."""

    @step
    def start(self):
        self.text = "the quick brown fox jumps over the lazy dog"
        self.next(self.count_words, self.count_letters)

    @step
    def count_words(self):
        self.words = len(self.text.split())
        self.next(self.join)

    @step
    def count_letters(self):
        self.letters = sum(c.isalpha() for c in self.text)
        self.next(self.join)

    @step
    def join(self, inputs):
        # `words` and `letters` exist in one branch each, and `text` is equal in both, so all three can be merged.
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        print(f"{self.words} words, {self.letters} letters")


if __name__ == "__main__":
    BranchFlow()
