"""How a selling shop looks to its customers in parcels of partners: chosen by its people, proven before it is kept."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from network.models import Shop
from orders.models import ShopLook
from skuu.kit.errors import NotPossible

MOST_BYTES = 300_000
COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
SIGNS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


@dataclass(frozen=True)
class Look:
    """What a slip is printed with; the default is the neutral one that every shop begins with."""

    is_plain: bool = False
    colour: str = "#1a1a1a"
    logo: bytes = b""
    logo_kind: str = ""
    closing_words: str = ""
    address: tuple[str, ...] = field(default=())

    def told(self, seller: str) -> dict[str, Any]:
        """Say it to the template; a plain one is the seller's name, black on white."""
        if self.is_plain:
            return {"colour": "#000000", "logo": "", "address": [], "closing": "", "name": seller}
        logo = f"logo.{self.logo_kind}" if self.logo else ""
        return {
            "colour": self.colour,
            "logo": logo,
            "address": list(self.address),
            "closing": self.closing_words,
            "name": seller,
        }


def look_of(shop: Shop) -> Look:
    """Read how a shop looks now."""
    row = ShopLook.everyone.filter(shop=shop).first()
    if row is None:
        return Look()
    address = (shop.address1, f"{shop.postcode} {shop.city}".strip(), shop.country) if row.shows_address else ()
    return Look(
        row.is_plain,
        row.colour,
        bytes(row.logo or b""),
        row.logo_kind,
        row.closing_words,
        tuple(line for line in address if line),
    )


def change_look(
    shop: Shop,
    *,
    is_plain: bool,
    colour: str,
    shows_address: bool,
    closing_words: str,
    logo: bytes | None,
    by: str,
) -> ShopLook:
    """Keep how a shop looks from now on; ``logo`` None leaves the one it has, empty takes it away.

    The logo is proven by printing with it. *Again*: no change. *Raises* NotPossible ``bad_colour``, ``logo_too_large``, ``bad_logo``.
    """
    from orders.slip import sample_slip

    colour = colour.strip().lower()
    if not COLOUR.match(colour):
        raise NotPossible("Write the colour like #1a2b3c.", code="bad_colour")
    said: dict[str, Any] = {
        "is_plain": is_plain,
        "colour": colour,
        "shows_address": shows_address,
        "closing_words": closing_words.strip()[:200],
        "changed_at": timezone.now(),
        "changed_by": by[:150],
    }
    if logo is not None:
        kind = _kind_of(logo) if logo else ""
        sample_slip(shop.name, Look(colour=colour, logo=logo, logo_kind=kind), "en")
        said |= {"logo": logo or None, "logo_kind": kind}
    row, _ = ShopLook.everyone.update_or_create(shop=shop, defaults=said)
    return row


def ink_on(colour: str) -> str:
    """Choose black or white, whichever is read better on a colour (contrast as WCAG reckons it)."""

    def light(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (light(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (brightness + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def forget_look(shop: Shop) -> None:
    """Go back to the neutral slip every shop begins with. *Again*: no change."""
    ShopLook.everyone.filter(shop=shop).delete()


def _kind_of(logo: bytes) -> str:
    if len(logo) > MOST_BYTES:
        raise NotPossible(f"The logo may have {MOST_BYTES // 1000} kB at most.", code="logo_too_large")
    for sign, kind in SIGNS.items():
        if logo.startswith(sign):
            return kind
    raise NotPossible("The logo must be a PNG or JPEG picture.", code="bad_logo")
