"""What version 0.1.0 of mfinfra and mfruntime wrote (commit 2f6f0b4), and tests that today's build reads it.

Each archive is a `home` (records, workspaces, profiles, data) and the folder `work` of its owner; `tar tf` shows what is
in it. `archives.lay` puts it into a test's home, with paths of this machine for the placeholders @HOME@, @WORK@, @PYTHON@
and @PREFIX@.

| File | What it holds |
|---|---|
| `local-files.tar.xz` | a local stack of the preset `files` with four runs: of the smoke flow, and of `flow.py` a finished one, one that failed in the step `last` and one that was killed there with all its processes; their ids are in `work` |
| `local-sandbox.tar.xz` | the same with the preset `sandbox`, stopped: the records of the runs are in the SQLite database of its metadata service |
| `aws-terraform.tar.xz` | a stack on AWS by Terraform, made with the doubles of the tests: record, profile, workspace; in `work/states` what lies in the bucket for states |
| `aws-cloudformation.tar.xz` | the same by CloudFormation; `work/stack.json` has the parameters and tags that were sent |
| `pickles.json` | objects of exported classes, as artifacts hold them |

They are made once, by `make.py`, which says how, and never again: what is needed of a later version gets files of its own.
Left out are included files (what a local datastore keeps of one names the folder in which it was made), code packages,
saved plans and `.terraform` folders. A test that fails here means that users of 0.1.0 lose something: fix the build, not the
archive. `tests/stacks/test_earlier_build.py` has the stacks on AWS, beside the doubles that it needs. Where a module gets a
resource, the plan of the old stack is no longer empty: then that test names what is added, and that nothing is replaced.
"""
