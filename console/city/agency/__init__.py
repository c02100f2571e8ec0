"""Agency files of the demonstration: one module a source, each with its own columns, encoding and habits."""
