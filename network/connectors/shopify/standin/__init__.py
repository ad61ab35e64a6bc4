"""A local Shopify on the official schema, for the demo and for tests; production settings cannot reach it."""
