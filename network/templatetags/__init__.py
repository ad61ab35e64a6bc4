"""Template tags of the merchant portal."""
