"""SETTLE: who owes whom, provably."""
