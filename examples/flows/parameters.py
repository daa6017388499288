"""Parameters are read from the command line, the environment, or their defaults."""

from datetime import date

from mfruntime import FlowSpec, IncludeFile, JSONType, Parameter, step


def today(context):
    """A default that is computed when the run starts."""
    return date.today().isoformat()


class ParameterFlow(FlowSpec):
    """Run: python parameters.py run --rate 0.5 --options '{"depth": 3}' --verbose true"""

    rate = Parameter("rate", default=0.1, help="Learning rate.")
    rounds = Parameter("rounds", default=10, type=int, help="Number of rounds.")
    verbose = Parameter("verbose", default=False, type=bool, help="Print more details.")
    options = Parameter("options", default={"depth": 2}, type=JSONType, help="Options as JSON.")
    day = Parameter("day", default=today, help="Day of the data.")
    source = IncludeFile("source", default=__file__, help="A file that is stored with the run.")

    @step
    def start(self):
        print(f"rate {self.rate}, {self.rounds} rounds, options {self.options}, verbose {self.verbose}, day {self.day}")
        self.lines = len(self.source.splitlines())
        self.next(self.end)

    @step
    def end(self):
        print(f"the included file has {self.lines} lines")


if __name__ == "__main__":
    ParameterFlow()
