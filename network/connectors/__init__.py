"""Platforms a shop may run on, one folder each; base says what a connector must do."""
