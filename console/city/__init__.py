"""The demonstration city: made geography, made addresses, made agency files, and the truth about them.

Plain Python (no Django import), deterministic by seed and as-of date. `build.build_city` writes everything;
`evaluation` compares what the platform made of the files with the truth.
"""
