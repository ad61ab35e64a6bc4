"""Shopify, in one folder."""
