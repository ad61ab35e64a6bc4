"""ROUTE → FULFIL: what was bought from a shelf, who ships it, and whether it arrived."""
