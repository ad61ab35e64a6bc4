"""Answers for every row of a listing what it is: an item, a question with its candidates, or alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring as _quoted

from catalog.matching.candidates import Near, nearest_units
from catalog.matching.deciding import PROBABILITY
from catalog.matching.engine import Prepared, conclude, rows_of_units
from catalog.matching.keying import stable_key
from catalog.matching.listing import Ints
from catalog.matching.outcome import Decided
from catalog.matching.size import sizes_conflict

MOST_CANDIDATES, MOST_LOOKED_AT = 8, 400
Asked = tuple[str, float, str, str]


@dataclass(slots=True)
class Answers:
    """Items and methods by row (empty: not linked), and questions: method, probability, candidates as JSON, reason."""

    item: list[str]
    method: list[str]
    asks: dict[int, Asked]

    @classmethod
    def nothing(cls, rows: int) -> "Answers":
        """Answer nothing yet for so many rows."""
        return cls([""] * rows, [""] * rows, {})

    def add(self, part: "Answers", rows: Ints) -> None:
        """Take over the answers for a part; `rows` are its places here. A link outweighs an earlier question."""
        places = rows.tolist()
        for place, item, method in zip(places, part.item, part.method, strict=True):
            if item:
                self.item[place], self.method[place] = item, method
        for row, asked in part.asks.items():
            self.asks.setdefault(places[row], asked)


def answer(prepared: Prepared) -> Answers:
    """Conclude a prepared listing and answer for its rows, candidates included."""
    decided = conclude(prepared)
    answers = Answers.nothing(len(decided.listing.ids))
    unit = decided.listing.unit.tolist()
    for members in decided.members.values():
        key = stable_key(min(f"{decided.units[unit[row]].shop}:{decided.listing.ids[row]}" for row in members))
        for row in members:
            answers.item[row], answers.method[row] = key, decided.method[row]
    asking = _Asking(decided, unit)
    for row, (kind, reasons) in decided.doubts.rows.items():
        if not answers.item[row]:
            answers.asks[row] = kind, PROBABILITY[f"{kind}_guarded"], asking.sharing(row, kind), reasons[0]
    linked = {unit[row] for row, item in enumerate(answers.item) if item}
    alone = [place for place in range(len(decided.units)) if place not in linked]
    for place, near in nearest_units(decided.units, alone, decided.style).items():
        for row, best, written in asking.aligned(place, near):
            answers.asks.setdefault(row, ("title", best.score, written, best.reasons[0]))
    return answers


class _Asking:
    """Finds and writes the candidates of questions."""

    def __init__(self, decided: Decided, unit: Sequence[int]) -> None:
        self.decided, self.unit = decided, unit
        self.rows_of = rows_of_units(decided.listing)
        self.size, self.sizes = decided.size.tolist(), decided.sizes
        self.asks: dict[int, int] = {}
        for number, (_, _, rows, _) in enumerate(decided.doubts.asks):
            for row in rows:
                self.asks.setdefault(row, number)
        self.kin: dict[int, list[int]] = {}
        for place, style in enumerate(decided.style):
            self.kin.setdefault(style, []).append(place)

    def sharing(self, row: int, kind: str) -> str:
        """The rows of other shops that share the doubtful key, or whose size in the same style may be the row's own."""
        shop = self.decided.listing.shop
        rows: Iterable[int]
        if row in self.asks:
            rows = self.decided.doubts.asks[self.asks[row]][2]
        else:
            rows = (other for place in self.kin[self.decided.style[self.unit[row]]] for other in self.rows_of[place])
        found = []
        for other in islice(rows, MOST_LOOKED_AT):
            if shop[self.unit[other]] == shop[self.unit[row]]:
                continue
            if not sizes_conflict(self.sizes[self.size[row]], self.sizes[self.size[other]]):
                found.append((other, PROBABILITY[f"{kind}_guarded"]))
                if len(found) == MOST_CANDIDATES:
                    break
        return self._written(found)

    def aligned(self, place: int, near: Sequence[Near]) -> Iterable[tuple[int, Near, str]]:
        """The rows of a unit that have twins of their size among the candidates, with the best candidate and all of them."""
        sizes = [{self.sizes[self.size[other]].key: other for other in self.rows_of[one.unit]} for one in near]
        for row in self.rows_of[place]:
            key = self.sizes[self.size[row]].key
            twins = [(one, rows[key]) for one, rows in zip(near, sizes, strict=True) if key in rows]
            if twins:
                yield row, twins[0][0], self._written([(other, one.score) for one, other in twins])

    def _written(self, others: Sequence[tuple[int, float]]) -> str:
        ids = self.decided.listing.ids
        written = [f'{{"id": {_quoted(str(ids[other]))}, "probability": {chance}}}' for other, chance in others]
        return f"[{', '.join(written)}]"
