"""Write the questions for people: one open card per shop product, best candidate first, sizes aligned row by row."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.facts import facts_from
from catalog.matching.blocking import MOST_PRODUCTS_OF_A_WORD
from catalog.matching.candidates import MOST_SHOWN, title_candidates
from catalog.matching.deciding import aligned_sizes, colours_conflict
from catalog.matching.engine import ASKED, Batch, decide_batch
from catalog.matching.normalising import Id, Normalised
from catalog.matching.size import same_size
from catalog.models import EvidenceClass, Match, ReviewCard, ReviewCardChange
from catalog.neighbours import Neighbourhood, around
from network.rates import convert_minor
from skuu.kit.errors import NotPossible
from skuu.kit.states import move_all

GUARDED_SCORE = 0.5
AT_ONCE = 50
MOST_FOUND = 200  # products that one asks about by its rare words
_ONE_ASKER = 0x534B5556


@dataclass
class _Question:
    """One product's open question while it is being gathered: candidates by the other product's id."""

    evidence_class: str
    reason: str
    found: dict[int, tuple[float, tuple[str, ...]]] = field(default_factory=dict)


def want_cards(product_ids: Collection[int]) -> None:
    """Have the questions of these products thought over, once their variants are matched."""
    if product_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "update catalog_product set cards_due_at = %s where id = any(%s)", [timezone.now(), list(product_ids)]
            )


def ask_due() -> int:
    """Think over the questions of one batch of products; returns how many, 0 when none is left or another is at it.

    A product that is marked again meanwhile keeps its mark. *Again*: the same card.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_ONE_ASKER])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            "select id, cards_due_at from catalog_product where cards_due_at is not null "
            "order by cards_due_at, id limit %s",
            [AT_ONCE],
        )
        marks = dict(cursor.fetchall())
        if marks:
            _ask(set(marks))
            cursor.execute(
                "update catalog_product p set cards_due_at = null from unnest(%s::bigint[], %s::timestamptz[]) d(id, mark) "
                "where p.id = d.id and p.cards_due_at = d.mark",
                [list(marks), list(marks.values())],
            )
            _ask_again_beside(set(marks))
    return len(marks)


def _ask(products: Collection[int]) -> None:
    """Open, renew or close the cards of these products."""
    found = around({}, products)
    standing = Counter(row.item_id for row in found.rows.values() if row.item_id is not None)
    unlinked = {
        pk
        for pk, row in found.rows.items()
        if row.product_id in products
        # An item of its own, made when somebody looked at it, is no answer to what it is.
        and (row.item_id is None or (row.method == "own" and standing[row.item_id] == 1))
    }
    asking = {found.rows[pk].product_id for pk in unlinked}
    questions: dict[int, _Question] = {}
    facts = _Facts({}, {})
    if asking:
        stopped = set(EvidenceClass.objects.filter(status="stopped").values_list("name", flat=True))
        batch = decide_batch(found.facts, must=found.must, cannot=found.cannot, titles=False, known=found.known)
        _ask_about_guarded(found, batch, unlinked, stopped, questions)
        _ask_about_titles(found, _likely(asking), unlinked, questions)
        shown = {other for question in questions.values() for other in _ranked(question)}
        facts = _facts_of(set(questions) | shown)
    _save(products, found, questions, facts)


# Products that share one of the four rarest words of a brand: the style number counts as the rarest.
_LIKELY = """
with asking as (
  select p.id, p.shop_id, array(
    select w from unnest(p.words) w left join catalog_wordcount c on c.word = w
    where coalesce(c.products, 0) <= %s order by strpos(w, '#') = 0, coalesce(c.products, 0), w limit 4) as words
  from catalog_product p where p.id = any(%s)
),
likely as (
  select distinct other.id from asking cross join lateral (
    select found.id from (
      -- apart, for with the limit the planner would walk through all products by id instead of those with the words
      select p.id from catalog_product p
      where p.words && asking.words and p.shop_id <> asking.shop_id and p.status = 'active' and p.deleted_at is null
      offset 0
    ) found order by found.id limit %s
  ) other
)
select distinct on (v.product_id, v.colour_key) v.id, v.shop_id, v.product_id, v.facts, v.price_minor
from likely join catalog_variant v on v.product_id = likely.id
where v.deleted_at is null and v.facts <> '' order by v.product_id, v.colour_key, v.id
"""
_ALL_FACTS = """
select id, shop_id, product_id, facts, price_minor from catalog_variant
where product_id = any(%s) and deleted_at is null and facts <> '' order by id
"""
# Whose card shows one of these products as something it is not any more. The mark is the one that _facts_of makes. A row
# that is locked is passed by: whoever writes a product has its questions thought over, and nobody is waited for twice.
_BESIDE = """
with changed as (
  select p.id, md5(coalesce(string_agg(v.facts, '|' order by v.id), '')) as mark
  from unnest(%(products)s::bigint[]) p(id)
  left join catalog_variant v on v.product_id = p.id and v.deleted_at is null and v.facts <> ''
  group by p.id
)
update catalog_product set cards_due_at = %(now)s where id in (
  select o.id from changed join catalog_reviewcard c on c.status = 'open' and c.kind = 'question'
    and c.candidates @> jsonb_build_array(jsonb_build_object('product', changed.id))
    and not c.candidates @> jsonb_build_array(jsonb_build_object('product', changed.id, 'read', changed.mark))
  join catalog_product o on o.id = c.product_id
  where o.id <> all(%(products)s) and o.cards_due_at is null for no key update of o skip locked)
"""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the variants of some products say, by product, and a mark that tells whether one says something else by now."""

    rows: dict[int, list[Normalised]]
    marks: dict[int, str]


def _ask_again_beside(products: Collection[int]) -> None:
    """Have the questions thought over that show one of these as it was: its score, and what speaks for it, may be stale."""
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE, {"products": sorted(products), "now": timezone.now()})


def _likely(products: Iterable[int]) -> dict[int, Normalised]:
    """Read one variant of each product and colour that the words of these products lead to; bounded per product."""
    with connection.cursor() as cursor:
        cursor.execute(_LIKELY, [MOST_PRODUCTS_OF_A_WORD, list(products), MOST_FOUND])
        return {row[0]: facts_from(row[3], row[0], row[1], row[2], row[4]) for row in cursor.fetchall()}


def _facts_of(products: Iterable[int]) -> _Facts:
    by_product: dict[int, list[Normalised]] = defaultdict(list)
    texts: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ALL_FACTS, [list(products)])
        for pk, shop, product, packed, price in cursor.fetchall():
            by_product[product].append(facts_from(packed, pk, shop, product, price))
            texts[product].append(packed)
    for own in by_product.values():
        own.sort(key=lambda facts: (facts.size.key, str(facts.id)))
    marks = {product: md5("|".join(own).encode(), usedforsecurity=False).hexdigest() for product, own in texts.items()}
    return _Facts(by_product, marks)


def _ask_about_guarded(
    found: Neighbourhood, batch: Batch, unlinked: Collection[int], stopped: Collection[str], into: dict[int, _Question]
) -> None:
    """A key agrees and a guard fired, or its class is stopped: ask about the products that share the key."""
    sharing = _sharing(batch, stopped)
    for link in batch.links:
        pk = int(link.id)
        if pk not in unlinked or not (link.status == ASKED or link.method in stopped):
            continue
        product = found.rows[pk].product_id
        for other in sharing.get(pk, ()):
            if _may_be(found, pk, other):
                question = into.setdefault(product, _Question(f"{link.method}_guarded", link.evidence[0][:200]))
                question.found.setdefault(found.rows[other].product_id, (GUARDED_SCORE, link.evidence))


def _sharing(batch: Batch, stopped: Collection[str]) -> dict[int, set[int]]:
    """Say, for each row that a key leads to others, which others."""
    sharing: dict[int, set[int]] = defaultdict(set)
    for ask in batch.asks:
        for row in ask.rows:
            sharing[int(row)] |= {int(other) for other in ask.rows}
    clusters: dict[str, set[int]] = defaultdict(set)
    for link in batch.links:
        if link.item and link.method in stopped:
            clusters[link.item].add(int(link.id))
    for members in clusters.values():
        for pk in members:
            sharing[pk] |= members
    return sharing


def _may_be(found: Neighbourhood, one: int, other: int) -> bool:
    """Two rows of different shops about which nobody has said no."""
    return found.rows[one].shop_id != found.rows[other].shop_id and frozenset((one, other)) not in found.cannot


def _ask_about_titles(
    found: Neighbourhood, near: Mapping[int, Normalised], unlinked: Collection[int], into: dict[int, _Question]
) -> None:
    """Nothing certain speaks for the product: ask about those of its brand whose title and colour agree."""
    rows = {**near, **{pk: found.rows[pk].facts for pk in unlinked}}
    linked = {pk for pk in rows if pk not in unlinked}
    names: dict[Id, str] = dict.fromkeys(rows, "")
    for pk, candidates in title_candidates(list(rows.values()), linked, names, names).items():
        if int(pk) not in unlinked:
            continue
        mine = rows[int(pk)]
        for candidate in candidates:
            other = rows.get(int(candidate.row)) if candidate.row is not None else None
            if other is None or colours_conflict(mine.colour.bases, other.colour.bases):
                continue
            if frozenset((int(pk), int(other.id))) in found.cannot:
                continue
            question = into.setdefault(int(mine.product_ref), _Question("title", "Only titles speak for it."))
            question.found.setdefault(int(candidate.product_ref), (candidate.probability, candidate.reasons))


def _save(
    products: Collection[int],
    found: Neighbourhood,
    questions: Mapping[int, _Question],
    facts: _Facts,
) -> None:
    open_cards = {
        card.product_id: card
        for card in ReviewCard.everyone.select_for_update().filter(product__in=products, status="open", kind="question")
    }
    fresh, renewed, moot = [], [], []
    closed = set(found.cannot) | (_closed(found, questions, facts.rows) if questions else set())
    for product in sorted(products):
        question, card = questions.get(product), open_cards.get(product)
        candidates = candidates_of(product, question, facts, closed) if question else []
        if question is None or not candidates:
            if card is not None:
                moot.append(card)
            continue
        values = {
            "reason": question.reason,
            "evidence_class": question.evidence_class,
            "candidates": candidates,
            "money_minor": worth(candidates, facts.rows[product]),
        }
        if card is None:
            fresh.append(ReviewCard(product_id=product, **values))
        elif card.candidates != candidates or card.reason != question.reason:
            for name, value in values.items():
                setattr(card, name, value)
            card.weighed_at = None
            renewed.append(card)
    _write(fresh, renewed, moot)


def _write(fresh: list[ReviewCard], renewed: list[ReviewCard], moot: list[ReviewCard]) -> None:
    if moot:
        move_all(moot, "moot", by="engine", reasons={card.pk: "no question is left" for card in moot})
        ReviewCard.everyone.filter(pk__in=[card.pk for card in moot]).update(decided_at=timezone.now())
    if renewed:
        names = ["reason", "evidence_class", "candidates", "money_minor", "weighed_at"]
        ReviewCard.everyone.bulk_update(renewed, names)
    made = ReviewCard.everyone.bulk_create(fresh)
    ReviewCardChange.objects.bulk_create([ReviewCardChange(row=card, to_status="open", by="engine") for card in made])


def _closed(
    found: Neighbourhood, questions: Mapping[int, _Question], facts: Mapping[int, list[Normalised]]
) -> set[frozenset[int]]:
    """Pairs a person refused, and those nobody could approve: another variant of the asking shop is the other's item already."""
    asking = {int(one.id): int(one.shop_id) for product in questions for one in facts.get(product, [])}
    others = {int(one.id) for q in questions.values() for product in q.found for one in facts.get(product, [])}
    item_of = dict(Match.everyone.filter(variant__in=others, status="linked").values_list("variant_id", "item_id"))
    standing = Match.everyone.filter(item__in=set(item_of.values()), shop__in=set(asking.values()), status="linked")
    holder = {(item, shop): variant for item, shop, variant in standing.values_list("item_id", "shop_id", "variant_id")}
    return {
        frozenset((mine, other))
        for mine, shop in asking.items()
        for other, item in item_of.items()
        if holder.get((item, shop), mine) != mine or (mine, item) in found.refused
    }


def _ranked(question: _Question) -> list[int]:
    return sorted(question.found, key=lambda other: (-question.found[other][0], other))[:MOST_SHOWN]


def candidates_of(
    product: int, question: _Question, facts: _Facts, cannot: Collection[frozenset[int]]
) -> list[dict[str, Any]]:
    """Write a question's candidates as a card keeps them: product as read, score, why, sizes aligned; at most eight.

    ``cannot`` holds the pairs that a person refused or that nobody could approve; a candidate without another is left out.
    """
    shown = []
    for other in _ranked(question):
        score, why = question.found[other]
        sizes = align(facts.rows.get(product, []), facts.rows.get(other, []))
        if any(row["theirs"] and frozenset((row["mine"], row["theirs"])) not in cannot for row in sizes):
            read = facts.marks.get(other, "")
            shown.append({"product": other, "read": read, "score": round(score, 3), "why": list(why), "sizes": sizes})
    return shown


def align(mine: list[Normalised], theirs: list[Normalised]) -> list[dict[str, Any]]:
    """Put the sizes of two products side by side, colour beside colour; a size the other has not stays alone."""
    rows = []
    left = list(theirs)
    for one in mine:
        twins = [other for other in left if same_size(*aligned_sizes(one, other))]
        twins = [other for other in twins if not colours_conflict(one.colour.bases, other.colour.bases)]
        twin = min(twins, key=lambda other: (other.colour.key != one.colour.key, str(other.id)), default=None)
        if twin is not None:
            left.remove(twin)
        rows.append(
            {
                "mine": one.id,
                "theirs": twin.id if twin else None,
                "label": one.size.label or "one size",
                "theirs_label": (twin.size.label or "one size") if twin else "",
            }
        )
    return rows


def worth(candidates: list[dict[str, Any]], facts: list[Normalised]) -> int:
    """Estimate, for the order of the queue, what a "same" could sell: price × aligned sizes × the best score (EUR cents)."""
    best = candidates[0]
    aligned = sum(1 for row in best["sizes"] if row["theirs"])
    dearest = max(facts, key=lambda one: one.price_minor, default=None)
    if dearest is None:
        return 0
    try:
        price = convert_minor(dearest.price_minor, dearest.currency, "EUR")
    except NotPossible:  # a currency without a reference rate: better a rough place in the queue than none
        price = dearest.price_minor
    return round(price * aligned * best["score"])
