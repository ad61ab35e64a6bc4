"""The demo network: eight shops in a local Shopify, opened through the same doors as real ones."""
