"""VAT territories: the EU, small states that share another's VAT, and places their country's VAT does not reach."""

import re
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())

# States that share another's VAT territory, and names that are in use beside the ISO code.
_SAME_AS = {"MC": "FR", "IM": "GB", "LI": "CH", "EL": "GR", "UK": "GB"}


@dataclass(frozen=True, slots=True)
class SpecialTerritory:
    """A place that its country's postcodes cover and its country's VAT does not, and what selling there would take."""

    name: str
    missing: str


_CUSTOMS = "customs clearance and a local tax registration"
_SPECIAL: tuple[tuple[str, re.Pattern[str], SpecialTerritory], ...] = tuple(
    (country, re.compile(pattern), SpecialTerritory(name, missing))
    for country, pattern, name, missing in (
        ("ES", r"(35|38)\d{3}$", "the Canary Islands", "an IGIC registration and customs clearance"),
        ("ES", r"51\d{3}$", "Ceuta", "an IPSI registration and customs clearance"),
        ("ES", r"52\d{3}$", "Melilla", "an IPSI registration and customs clearance"),
        ("IT", r"(23041|23030)$", "Livigno", _CUSTOMS),
        ("IT", r"22061$", "Campione d’Italia", "a registration for its local consumption tax"),
        ("DE", r"78266$", "Büsingen", "a Swiss VAT registration and customs clearance"),
        ("DE", r"27498$", "Heligoland", _CUSTOMS),
        ("CH", r"8238$", "Büsingen", "a Swiss VAT registration and customs clearance"),
        ("CH", r"6911$", "Campione d’Italia", "a registration for its local consumption tax"),
        ("FI", r"22\d{3}$", "Åland", "a declaration at the tax border and a registration there"),
        # 980xx is Monaco, which is inside French VAT
        ("FR", r"(97\d{3}|98[1-9]\d{2})$", "the French overseas territories", "customs clearance and dock dues"),
        ("GB", r"BT", "Northern Ireland", "a VAT registration with the XI prefix"),
        ("GB", r"(JE|GY)\d", "the Channel Islands", _CUSTOMS),
        ("GR", r"6308[67]$", "Mount Athos", _CUSTOMS),
    )
)


def vat_country(country: str) -> str:
    """Name the country whose VAT holds there: Monaco is French, the Isle of Man British, Liechtenstein Swiss."""
    code = country.strip().upper()
    return _SAME_AS.get(code, code)


@lru_cache(maxsize=100_000)
def special_territory(country: str, postcode: str) -> SpecialTerritory | None:
    """Find the special territory a postcode lies in, however it is written (spaces, hyphens, country prefix)."""
    code = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    if country != "GB":
        code = code.removeprefix(country).lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for where, pattern, territory in _SPECIAL:
        if where == country and pattern.match(code):
            return territory
    return None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return dict(Locale("en").territories)


# codes that Unicode names beside those of ISO 3166
_NO_COUNTRIES = frozenset("AC CP DG EA EU EZ IC QO TA UN XA XB ZZ".split())


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """List the codes of ISO 3166 that parcels may be sent to."""
    return frozenset(code for code in _names() if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def country_name(country: str) -> str:
    """Write a country's name as merchants read it; an unknown code stays a code."""
    return _names().get(country, country)
