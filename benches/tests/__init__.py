"""Tests of what the benches stand on."""
