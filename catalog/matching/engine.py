"""Matches a whole list of variants in memory: groups by keys, guards, coherent clusters, questions; order changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from catalog.matching.article import FULL
from catalog.matching.candidates import Candidate, title_candidates
from catalog.matching.clustering import item_key, row_key, stable_key
from catalog.matching.consensus import agree, contradictions, prepared
from catalog.matching.deciding import PROBABILITY, compatible, group_guards
from catalog.matching.gtin import Gtin
from catalog.matching.normalising import Id, Normalised

LINKED, ASKED, ALONE = "linked", "ask", "alone"
AMBIGUOUS = "ambiguous"
Pairs = Collection[frozenset[Id]]


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


def decide_batch(rows: Sequence[Normalised], *, cannot: Pairs = (), must: Pairs = (), titles: bool = True) -> Batch:
    """Match a whole list.

    `must` and `cannot` are verdicts of people, as pairs of ids; they outweigh everything. The result does not
    depend on the order of the rows; item and style keys derive from their smallest member.
    """
    run = _Run(rows, frozenset(cannot))
    for pair in sorted(must, key=lambda pair: sorted(map(str, pair))):
        run.join(
            [run.by_id[one] for one in pair if one in run.by_id], "person", "", ("A person said so.",), checked=False
        )
    run.by_gtin()
    run.by_code()
    return run.outcome(titles)


class _Run:
    """The clusters of one run while they grow."""

    def __init__(self, rows: Sequence[Normalised], cannot: frozenset[frozenset[Id]]) -> None:
        self.rows = prepared(sorted(rows, key=row_key))
        self.by_id = {row.id: row for row in self.rows}
        self.enemies: dict[Id, set[Id]] = defaultdict(set)
        for pair in cannot:
            for one in pair:
                self.enemies[one] |= pair - {one}
        self.cluster: dict[Id, list[Normalised]] = {row.id: [row] for row in self.rows}
        self.method: dict[Id, tuple[str, tuple[str, ...]]] = {}
        self.refused: dict[Id, tuple[str, tuple[str, ...]]] = {}
        self.asks: list[Ask] = []
        self.ambiguous: list[str] = []

    def by_gtin(self) -> None:
        """Link rows of different shops that carry the same clean barcode once each."""
        groups: dict[str, list[Normalised]] = defaultdict(list)
        for row in self.rows:
            if row.gtin.key:
                groups[row.gtin.key].append(row)
        for value, group in sorted(groups.items()):
            guards = group_guards(group)
            if guards.reasons:
                doubted = [row for row in group if guards.ambiguous or row.shop_id in guards.bad_shops]
                self._doubt(value, doubted, guards.reasons, ambiguous=guards.ambiguous)
                out = {row.id for row in doubted}
                group = [row for row in group if row.id not in out]
            shops = len({row.shop_id for row in group})
            sentence = f"The barcode {value.lstrip('0').zfill(13)} stands once in each of {shops} shops."
            self._link("gtin", value, group, sentence, sizes_needed=True)

    def by_code(self) -> None:
        """Link rows of the same brand, full article code and certain size."""
        groups: dict[tuple[str, str, str], list[Normalised]] = defaultdict(list)
        for row in self.rows:
            row = self.by_id[row.id]
            if row.brand and row.code.level == FULL and row.size.sure and row.size.key:
                groups[row.brand, row.code.value, row.size.key].append(row)
        for (brand, code, size), group in sorted(groups.items()):
            if len(group) < 2:
                continue
            key = f"{brand}|{code}|{size}"
            shops = Counter(row.shop_id for row in group)
            if twice := [row for row in group if shops[row.shop_id] > 1]:
                self._ask("code", key, twice, ("Stands on several variants of one shop.",))
                group = [row for row in group if shops[row.shop_id] == 1]
            self._link_code(
                key, group, f"The article code {code} of {brand} in size {size} stands in {len(group)} shops."
            )

    def join(
        self, group: Sequence[Normalised], method: str, key: str, evidence: tuple[str, ...], *, checked: bool = True
    ) -> None:
        """Put rows into one cluster, biggest part first; a part that contradicts what is there stays out."""
        parts = sorted({id(self.cluster[row.id]): self.cluster[row.id] for row in group}.values(), key=_by_size_and_key)
        if not parts:
            return
        whole, asking = list(parts[0]), {row.id for row in group}
        for part in parts[1:]:
            against = self._against(whole, part) if checked else ()
            if against:
                waiting = [row for row in part if row.id in asking]
                self._ask(method, key, [whole[0], *waiting], against, of=waiting)
            else:
                whole += part
        if len(whole) > 1:
            for row in whole:
                self.cluster[row.id] = whole
                self.method.setdefault(row.id, (method, evidence))

    def outcome(self, titles: bool) -> Batch:
        """Give every row its link, its style and, where it stands alone, its candidates."""
        styles = _styles(self.rows, self.cluster)
        linked = {row.id for row in self.rows if len(self.cluster[row.id]) > 1}
        items = {row.id: item_key(self.cluster[row.id]) if row.id in linked else "" for row in self.rows}
        found = title_candidates(self.rows, linked, styles, items) if titles else {}
        links = [self._link_of(row, items[row.id], styles[row.id], found.get(row.id, ())) for row in self.rows]
        asks = sorted(self.asks, key=lambda ask: (ask.kind, ask.key, list(map(str, ask.rows))))
        return Batch(tuple(links), tuple(asks), tuple(sorted(set(self.ambiguous))))

    def _link(self, kind: str, key: str, group: Sequence[Normalised], sentence: str, *, sizes_needed: bool) -> None:
        consensus = agree(group, sizes_needed=sizes_needed)
        if consensus.refused and len(group) > 1:
            waiting = [row for row in group if row.id in consensus.refused]
            reasons = tuple(sorted({why for row in waiting for why in consensus.refused[row.id]}))
            self._ask(kind, key, list(group), reasons, of=waiting)
        if len(consensus.agreed) > 1:
            self.join(consensus.agreed, kind, key, (sentence,))

    def _link_code(self, key: str, group: list[Normalised], sentence: str) -> None:
        """Link by code, unless barcodes disagree: then the bigger barcode keeps its own and a person is asked."""
        # Numbers that a person or a barcode has brought into one item count as one.
        number = {row.id: min((m.gtin.key for m in self.cluster[row.id] if m.gtin.key), default="") for row in group}
        numbers = Counter(filter(None, number.values()))
        if len(numbers) < 2:
            return self._link("code", key, group, sentence, sizes_needed=False)
        self._ask(
            "code", key, group, ("Their barcodes differ.",), of=[row for row in group if row.id not in self.method]
        )
        (first, most), (_, next_most) = numbers.most_common(2)
        if most > next_most:
            staying = [row for row in group if number[row.id] in ("", first)]
            self._link("code", key, staying, sentence, sizes_needed=False)
        return None

    def _against(self, whole: Sequence[Normalised], part: Sequence[Normalised]) -> tuple[str, ...]:
        theirs = {row.id for row in part}
        if any(self.enemies.get(row.id, set()) & theirs for row in whole):
            return ("A person said that these are not the same.",)
        if {row.shop_id for row in whole} & {row.shop_id for row in part}:
            return ("One shop would stand in the item twice.",)
        return contradictions(whole, part)

    def _doubt(self, value: str, rows: Sequence[Normalised], reasons: tuple[str, ...], *, ambiguous: bool) -> None:
        """Take a barcode from rows whose shop uses it in a way no barcode can be used; their code may still speak."""
        if ambiguous:
            self.ambiguous.append(value)
        sentence = f"The barcode {value.lstrip('0').zfill(13)} " + ", ".join(reasons) + "."
        self._ask("gtin", value, rows, (sentence,))
        for row in rows:
            doubted = replace(row, gtin=Gtin(row.gtin.value, AMBIGUOUS, row.gtin.raw))
            self.by_id[row.id] = doubted
            self.cluster[row.id] = [doubted if member.id == row.id else member for member in self.cluster[row.id]]
            for member in self.cluster[row.id]:
                self.cluster[member.id] = self.cluster[row.id]

    def _ask(
        self,
        kind: str,
        key: str,
        rows: Sequence[Normalised],
        reasons: tuple[str, ...],
        of: Sequence[Normalised] | None = None,
    ) -> None:
        for row in rows if of is None else of:
            self.refused.setdefault(row.id, (kind, reasons))
        self.asks.append(Ask(kind, key, tuple(sorted((row.id for row in rows), key=str)), reasons))

    def _link_of(self, row: Normalised, item: str, style: str, candidates: tuple[Candidate, ...]) -> Link:
        if item:
            method, evidence = self.method[row.id]
            chance = PROBABILITY.get(method, 1.0)
            return Link(row.id, row.shop_id, LINKED, item, style, method, chance, evidence)
        if row.id in self.refused:
            kind, reasons = self.refused[row.id]
            return Link(
                row.id, row.shop_id, ASKED, "", style, kind, PROBABILITY[f"{kind}_guarded"], reasons, candidates
            )
        if candidates:
            best = candidates[0]
            return Link(row.id, row.shop_id, ASKED, "", style, "title", best.probability, best.reasons, candidates)
        return Link(row.id, row.shop_id, ALONE, "", style, "none", 0.0, ())


def _by_size_and_key(part: list[Normalised]) -> tuple[int, str]:
    return -len(part), min(row_key(row) for row in part)


def unit_of(row: Normalised) -> str:
    """Name the shop product in one colour that a row belongs to."""
    return f"{row.shop_id}/{row.product_ref}/{row.colour.key}"


def _styles(rows: Iterable[Normalised], cluster: dict[Id, list[Normalised]]) -> dict[Id, str]:
    """Give each row its style: shop products in one colour, joined where they share an item and nothing contradicts."""
    lead: dict[str, str] = {}
    first: dict[str, Normalised] = {}

    def root(unit: str) -> str:
        while lead[unit] != unit:
            lead[unit] = lead[lead[unit]]
            unit = lead[unit]
        return unit

    rows = list(rows)
    for row in rows:
        lead.setdefault(unit_of(row), unit_of(row))
        first.setdefault(unit_of(row), row)
    for row in rows:
        members = cluster[row.id]
        if members[0].id != row.id:
            continue
        for member in members[1:]:
            one, other = sorted((root(unit_of(row)), root(unit_of(member))))
            facts = {conflict.fact for conflict in compatible(first[one], first[other])}
            if one != other and not facts - {"size"}:
                lead[other] = one
    return {row.id: stable_key(f"style:{root(unit_of(row))}") for row in rows}
