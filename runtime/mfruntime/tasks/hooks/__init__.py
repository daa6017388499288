"""What decorators do around the code of a step: one file per decorator, behind the protocol in `base.py`.

Order: `registry.TASK_HOOKS` lists the hooks, outermost first, and `stack.py` keeps to it. A hook that stands further
out sees what those within it did; how decorators are ordered above a step does not matter.
"""
