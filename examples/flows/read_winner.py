"""Read the best digits model from any machine that has the profile: `python read_winner.py [RUN_ID]`."""

import sys

from mfruntime import Flow, Run


def main() -> None:
    run = Run(f"TrainDigits/{sys.argv[1]}") if len(sys.argv) > 1 else Flow("TrainDigits").latest_successful_run
    if run is None:
        sys.exit("There is no successful run of TrainDigits yet. Type: python examples/flows/train_digits.py run")
    print(f"{run.pathspec}, finished {run.finished_at:%Y-%m-%d %H:%M}")
    for row in run.data.scores:
        print(f"C={row['C']:<5} gamma={row['gamma']:<5} validation accuracy {row['accuracy']:.4f}")
    model, images, labels = run.data.model, run.data.test_x, run.data.test_y
    print(
        f"winner {run.data.params}: {int((model.predict(images) == labels).sum())} of {len(labels)} test images right"
    )


if __name__ == "__main__":
    main()
