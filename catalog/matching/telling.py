"""Tells what came of matching a list of variants: links with their evidence in sentences, and questions."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from catalog.matching.article import FULL
from catalog.matching.candidates import Candidate, title_candidates
from catalog.matching.deciding import PROBABILITY
from catalog.matching.grouping import barcode_text
from catalog.matching.keying import row_key, stable_key
from catalog.matching.listing import Listing
from catalog.matching.normalising import Id, Normalised
from catalog.matching.outcome import ALIGNED, ALONE, ASKED, CODE, GTIN, LINKED, Decided


@dataclass(frozen=True, slots=True)
class Link:
    """What became of one row: its item when linked, its style, how it was decided and why."""

    id: Id
    shop_id: Id
    status: str
    item: str
    style: str
    method: str
    probability: float
    evidence: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for a person: rows that share a key which may not decide, with the reasons."""

    kind: str
    key: str
    rows: tuple[Id, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcome for a whole list, sorted by shop and id; `ambiguous` lists the keys nobody may decide by."""

    links: tuple[Link, ...]
    asks: tuple[Ask, ...]
    ambiguous: tuple[str, ...]


def tell(decided: Decided, by_id: Mapping[Id, Normalised], titles: bool) -> Batch:
    """Write the outcome in ids, keys and sentences."""
    listing, unit = decided.listing, decided.listing.unit.tolist()
    keys = {first: _key_of(listing, members) for first, members in decided.members.items()}
    style = [stable_key(f"style:{decided.units[first].name}") for first in decided.style]
    linked = {listing.ids[row] for row, item in enumerate(decided.item) if item >= 0}
    items = {id_: keys.get(decided.item[row], "") for row, id_ in enumerate(listing.ids)}
    styles = {id_: style[unit[row]] for row, id_ in enumerate(listing.ids)}
    found = title_candidates(_as_decided(decided, by_id), linked, styles, items) if titles else {}
    sentences: dict[tuple[int, str], str] = {}
    links = []
    for row, id_ in enumerate(listing.ids):
        shop, candidates = decided.units[unit[row]].shop, found.get(id_, ())
        if decided.item[row] >= 0:
            method = decided.method[row]
            said = sentences.get((decided.item[row], method)) or _sentence(decided, decided.item[row], method)
            sentences[decided.item[row], method] = said
            chance = PROBABILITY.get(method, 1.0)
            links.append(Link(id_, shop, LINKED, items[id_], styles[id_], method, chance, (said,)))
        elif row in decided.doubts.rows:
            kind, reasons = decided.doubts.rows[row]
            chance = PROBABILITY[f"{kind}_guarded"]
            links.append(Link(id_, shop, ASKED, "", styles[id_], kind, chance, reasons, candidates))
        elif candidates:
            best = candidates[0]
            links.append(Link(id_, shop, ASKED, "", styles[id_], "title", best.probability, best.reasons, candidates))
        else:
            links.append(Link(id_, shop, ALONE, "", styles[id_], "none", 0.0, ()))
    links.sort(key=lambda link: f"{link.shop_id}:{link.id}")
    return Batch(tuple(links), _asks(decided), tuple(sorted(set(decided.doubts.ambiguous))))


def _as_decided(decided: Decided, by_id: Mapping[Id, Normalised]) -> list[Normalised]:
    """The rows with what they were lent: brand, gender, the level of their code, their size."""
    listing, rows = decided.listing, []
    for place, id_ in enumerate(listing.ids):
        row, unit = by_id[id_], decided.units[int(listing.unit[place])]
        size = decided.sizes[int(decided.size[place])]
        code = row.code if row.code.value != unit.code.value else unit.code
        if (row.brand, row.code, row.size) != (unit.brand, code, size):
            row = replace(row, brand=unit.brand, code=code, size=size)
        rows.append(row)
    return sorted(rows, key=row_key)


def _key_of(listing: Listing, members: Iterable[int]) -> str:
    unit = listing.unit
    return stable_key(min(f"{listing.units[int(unit[row])].shop}:{listing.ids[row]}" for row in members))


def _sentence(decided: Decided, first: int, method: str) -> str:
    """Say what speaks for the rows that came into an item in this way."""
    unit, members = decided.listing.unit, decided.members[first]
    label = decided.sizes[int(decided.size[members[0]])].label or "one size"
    if method == GTIN:
        numbers = Counter(number for row in members if (number := int(decided.gtin[row])))
        (number, seen) = numbers.most_common(1)[0] if numbers else (0, 0)
        return f"The barcode {barcode_text(number)} stands once in each of {seen} shops."
    if method == CODE:
        units = [decided.units[int(unit[row])] for row in members]
        codes = Counter((one.brand, one.code.value) for one in units if one.code.level == FULL)
        ((brand, code), shops) = codes.most_common(1)[0] if codes else (("", ""), 0)
        return f"The article code {code} of {brand} in size {label} stands in {shops} shops."
    if method == ALIGNED:
        return f"Its product is linked to others by barcode or article code, and {label} is their size too."
    return "A person said so."


def _asks(decided: Decided) -> tuple[Ask, ...]:
    ids = decided.listing.ids
    asks = [
        Ask(kind, key, tuple(sorted((ids[row] for row in rows), key=str)), reasons)
        for kind, key, rows, reasons in decided.doubts.asks
    ]
    return tuple(sorted(asks, key=lambda ask: (ask.kind, ask.key, list(map(str, ask.rows)))))
