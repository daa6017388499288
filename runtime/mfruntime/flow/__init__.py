"""How flows are written: classes, steps, decorators, parameters, and the graph they form. No I/O happens here."""
