"""Thinking about mail that is passed on: how it reads once neither side may see the other's address. Pure: no Django, no clock, no I/O."""
