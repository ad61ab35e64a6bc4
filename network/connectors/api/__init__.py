"""Shops that push products and stock to us by REST."""
