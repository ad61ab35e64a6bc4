"""Which registrations a selling shop lacks for goods to leave a country for its customers: the decision table, asked backwards."""

import datetime as dt
from dataclasses import dataclass, replace

from network.taxing.routes import Party, Point, vat_route
from network.taxing.territories import EU, country_name, special_territory, vat_country


@dataclass(frozen=True, slots=True, order=True)
class Registration:
    """A registration a merchant may have: a VAT id of a country, or the one-stop shop (country empty)."""

    country: str

    @property
    def name(self) -> str:
        """Name it as merchants read it."""
        return f"a VAT id of {country_name(self.country)}" if self.country else "the one-stop shop (OSS)"


def missing_registrations(
    start: Point, ends: list[Point], origin: Party, on: dt.date
) -> frozenset[Registration] | None:
    """Name what the selling shop must obtain so that goods may leave ``start`` for every one of ``ends``.

    Empty: the way is open already. None: no registration opens it (a customs border, a special territory, an unknown rate).
    Checked by asking the decision table again as if they were held.
    """
    leaves = vat_country(start.country)
    lacking = set()
    for end in ends:
        arrives = vat_country(end.country)
        if special_territory(arrives, end.postcode) or special_territory(leaves, start.postcode):
            return None
        if not origin.holds(leaves):
            lacking.add(Registration(leaves))
        if leaves != arrives and {leaves, arrives} <= EU and not origin.oss:
            lacking.add(Registration(""))
    held = replace(
        origin,
        vat_countries=origin.vat_countries | {one.country for one in lacking if one.country},
        oss=origin.oss or Registration("") in lacking,
    )
    somebody = Party(leaves, frozenset({leaves}), oss=True, merchant_id=-1)
    if all(vat_route(start, end, held, somebody, on).lawful for end in ends):
        return frozenset(lacking)
    return None
