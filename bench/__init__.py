"""Benchmarks: what they measure is printed, and nothing is asserted."""
