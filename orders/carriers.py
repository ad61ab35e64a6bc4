"""Carriers as parcels name them: how their numbers look, and where their parcels are followed."""

import re
from dataclasses import dataclass
from urllib.parse import quote

S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier: the forms its numbers may take, and the page that follows a parcel (``{}`` is the number)."""

    name: str
    forms: tuple[str, ...]
    page: str
    also: tuple[str, ...] = ()
    posts: bool = False  # a postal operator: numbers of the Universal Postal Union are its numbers too


CARRIERS = (
    Carrier("bpost", (r"3232\d{20}", r"\d{24}"), "https://track.bpost.cloud/btr/web/#/search?itemCode={}", posts=True),
    Carrier(
        "Correos",
        (r"[A-Z0-9]{13}", r"[A-Z]{2}[A-Z0-9]{21}"),
        "https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={}",
        posts=True,
    ),
    Carrier(
        "DHL",
        (r"\d{10,12}", r"JJD\d{13,25}", r"JVGL\d{10,20}", r"\d{14}", r"\d{20}", r"3S[A-Z0-9]{8,18}"),
        "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
        ("DHL Express", "DHL Parcel", "DHL Paket"),
        posts=True,
    ),
    Carrier(
        "DPD",
        (r"\d{14}", r"\d{12}", r"\d{15}[A-Z0-9]?"),
        "https://www.dpdgroup.com/nl/mydpd/my-parcels/track?parcelNumber={}",
    ),
    Carrier("FedEx", (r"\d{12}", r"\d{15}", r"\d{20}", r"\d{22}"), "https://www.fedex.com/fedextrack/?trknbr={}"),
    Carrier("GLS", (r"\d{11,12}", r"\d{14}", r"[A-Z0-9]{8}"), "https://gls-group.com/track/{}"),
    Carrier("InPost", (r"\d{24}",), "https://inpost.pl/en/find-parcel?number={}"),
    Carrier(
        "La Poste",
        (r"[0-9A-Z]{2}\d{9}[0-9A-Z]{2}", r"\d[A-Z]\d{11}"),
        "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
        ("Colissimo",),
        posts=True,
    ),
    Carrier(
        "PostNL", (r"3S[A-Z0-9]{4,18}", r"KG[A-Z0-9]{8,14}"), "https://jouw.postnl.nl/track-and-trace/{}", posts=True
    ),
    Carrier(
        "PostNord",
        (r"\d{8,18}", r"00\d{18}", r"[A-Z]{2}\d{9}[A-Z]{2}"),
        "https://tracking.postnord.com/en/tracking?id={}",
        posts=True,
    ),
    Carrier("UPS", (r"1Z[A-Z0-9]{16}", r"T\d{10}", r"\d{9}"), "https://www.ups.com/track?tracknum={}"),
)
NAMES = tuple(one.name for one in CARRIERS)
_BY_NAME = {name.casefold(): one for one in CARRIERS for name in (one.name, *one.also)}


def carrier_named(name: str) -> Carrier | None:
    """Find a carrier we know by any of its names."""
    return _BY_NAME.get(" ".join(name.split()).casefold())


def plain_number(number: str) -> str:
    """Write a number as carriers print it: capitals, without blanks, dots or dashes."""
    return re.sub(r"[\s.\-]", "", number).upper()


def doubt_of(carrier: str, number: str) -> str:
    """Say why a number does not look like this carrier's; empty when it does, or when the carrier is one we do not know."""
    known, plain = carrier_named(carrier), plain_number(number)
    if S10.fullmatch(plain) and (known is None or known.posts):
        return "" if s10_is_right(plain) else f"{number} is a postal number whose check digit is wrong."
    if known is None or any(re.fullmatch(form, plain) for form in known.forms):
        return ""
    others = [one.name for one in CARRIERS if any(re.fullmatch(form, plain) for form in one.forms)]
    hint = f" It looks like one of {others[0]}." if len(others) == 1 else ""
    return f"{number} does not look like a number of {known.name}.{hint}"


def s10_is_right(number: str) -> bool:
    """Prove the check digit of a number of the Universal Postal Union."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(number[2:10], WEIGHTS, strict=True)) % 11
    return int(number[10]) == {10: 0, 11: 5}.get(rest, rest)


def page_of(carrier: str, number: str) -> str:
    """Name the page on which a carrier we know shows this parcel; empty for others."""
    known = carrier_named(carrier)
    return known.page.format(quote(plain_number(number), safe="")) if known and number else ""
