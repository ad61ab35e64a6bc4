"""Barcodes under the GS1 demonstration prefix, right ones and the ways real shops spoil them."""

PREFIX = "952"
PLACEHOLDERS = ("0000000000000", "1234567890128", "N/A")


def check_digit(body: str) -> str:
    """Compute the GS1 check digit that follows ``body``."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def gtin13(item: int) -> str:
    """Write the GTIN-13 of the item with this number (0 to 999,999,999)."""
    body = f"{PREFIX}{item:09d}"
    return body + check_digit(body)


def mistyped(gtin: str) -> str:
    """Swap the last digit for one that fails the check, as a tired hand does."""
    return gtin[:-1] + str((int(gtin[-1]) + 3) % 10)


def written(gtin: str, way: str) -> str:
    """Write a right barcode the way an export, a spreadsheet or a person leaves it behind.

    Ways: clean, apostrophe, gtin14 (a zero in front), spaced, hyphens. All of them still mean the same number.
    """
    if way == "apostrophe":
        return f"'{gtin}"
    if way == "gtin14":
        return f"0{gtin}"
    if way == "spaced":
        return f"{gtin[0]} {gtin[1:7]} {gtin[7:]}"
    if way == "hyphens":
        return f"{gtin[:3]}-{gtin[3:7]}-{gtin[7:12]}-{gtin[12]}"
    return gtin
