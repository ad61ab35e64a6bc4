"""Shopify: the one platform most shops use, spoken to in Admin GraphQL of one pinned version."""
