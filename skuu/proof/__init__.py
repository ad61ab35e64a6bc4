"""Proofs of the whole network: a town of shops and its people, what must always hold, and everything that may go wrong."""
