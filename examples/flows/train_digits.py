"""Train classifiers of handwritten digits (scikit-learn, 1,797 images of 8 x 8) in parallel and keep the best.

Run `python examples/flows/train_digits.py run`, then `python examples/flows/read_winner.py`.
"""

from mfruntime import FlowSpec, Parameter, current, step


class TrainDigits(FlowSpec):
    """A foreach over hyperparameters; the join selects the model with the best validation accuracy."""

    seed = Parameter("seed", default=0, type=int, help="Seed of the split into training, validation and test.")

    @step
    def start(self):
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        images, labels = load_digits(return_X_y=True)
        images = images / 16.0
        rest_x, self.test_x, rest_y, self.test_y = train_test_split(
            images, labels, test_size=0.2, random_state=self.seed, stratify=labels
        )
        self.train_x, self.valid_x, self.train_y, self.valid_y = train_test_split(
            rest_x, rest_y, test_size=0.25, random_state=self.seed, stratify=rest_y
        )
        self.grid = [{"C": c, "gamma": gamma} for c in (0.1, 1.0, 10.0) for gamma in (0.01, 0.1, 1.0)]
        self.next(self.train, foreach="grid")

    @step
    def train(self):
        from sklearn.svm import SVC

        self.params = self.input
        self.model = SVC(**self.params).fit(self.train_x, self.train_y)
        self.accuracy = float(self.model.score(self.valid_x, self.valid_y))
        print(f"C={self.params['C']:<5} gamma={self.params['gamma']:<5} validation accuracy {self.accuracy:.4f}")
        self.next(self.pick_best)

    @step
    def pick_best(self, inputs):
        best = max(inputs, key=lambda candidate: candidate.accuracy)
        self.model, self.params = best.model, best.params
        self.scores = sorted(
            ({**candidate.params, "accuracy": candidate.accuracy} for candidate in inputs),
            key=lambda row: -row["accuracy"],
        )
        self.merge_artifacts(inputs, include=["test_x", "test_y"])
        self.next(self.end)

    @step
    def end(self):
        self.test_accuracy = float(self.model.score(self.test_x, self.test_y))
        print(f"best: {self.params}, validation {self.scores[0]['accuracy']:.4f}, test {self.test_accuracy:.4f}")
        print(f"read it back with: python examples/flows/read_winner.py {current.run_id}")


if __name__ == "__main__":
    TrainDigits()
