"""Read the result of the smoke flow through the client: python read.py RUN_ID"""

import sys

from mfruntime import Run

run = Run(f"SmokeFlow/{sys.argv[1]}", _namespace_check=False)
sys.exit(0 if run.successful and run.data.total == 14 else f"the run {run.pathspec} has a wrong result")
