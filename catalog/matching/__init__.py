"""Decides which variants of different shops are the same item: pure functions on frozen dataclasses."""
