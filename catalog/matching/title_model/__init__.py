"""Tells from two titles how probable it is that they name the same product; orders questions, never decides one."""
