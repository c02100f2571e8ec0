"""Measurements of the platform beside peers, in the same run; `bin/bench NAME [--json]`, see docs/benchmarks.md."""
