"""The definition of flows: classes, steps, decorators, parameters, and their graph. There is no I/O here."""
