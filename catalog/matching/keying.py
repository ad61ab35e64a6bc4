"""Names rows and items so that neither order of arrival nor the machine changes a name."""

from hashlib import blake2b

from catalog.matching.normalising import Normalised


def row_key(row: Normalised) -> str:
    """Name a row by shop and id, in a form that sorts the same everywhere."""
    return f"{row.shop_id}:{row.id}"


def stable_key(text: str) -> str:
    """Shorten any text to 16 hexadecimal letters."""
    return blake2b(text.encode(), digest_size=8).hexdigest()
