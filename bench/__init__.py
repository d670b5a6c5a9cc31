"""Benchmarks: each measures ours and a reference in the same run and prints one JSON object a line."""
