"""SYNC → MATCH → DISTRIBUTE: what shops sell, which of it is the same thing, and where it may stand on a shelf."""
