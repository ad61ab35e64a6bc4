"""Write the questions for people: one open card per shop product, best candidate first, sizes aligned row by row."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from catalog.matching.candidates import MOST_SHOWN, title_candidates
from catalog.matching.deciding import aligned_sizes, colours_conflict
from catalog.matching.engine import ASKED, Batch
from catalog.matching.normalising import Id, Normalised
from catalog.matching.size import same_size
from catalog.models import Match, ReviewCard, ReviewCardChange
from catalog.neighbours import Neighbourhood, same_brand
from network.rates import convert_minor
from skuu.kit.errors import NotPossible
from skuu.kit.states import move

GUARDED_SCORE = 0.5


@dataclass
class _Question:
    """One product's open question while it is being gathered: candidates by the other product's id."""

    evidence_class: str
    reason: str
    found: dict[int, tuple[float, tuple[str, ...]]] = field(default_factory=dict)


def write_cards(found: Neighbourhood, batch: Batch, unlinked: Collection[int], stopped: Collection[str]) -> None:
    """Open, renew or close the cards of the products whose variants were just matched."""
    questions: dict[int, _Question] = {}
    _ask_about_guarded(found, batch, unlinked, stopped, questions)
    near = same_brand(found, unlinked)
    _ask_about_titles(found, near, unlinked, questions)
    by_product: dict[int, list[Normalised]] = defaultdict(list)
    for facts in {**near, **found.facts}.values():
        by_product[int(facts.product_ref)].append(facts)
    for facts_list in by_product.values():
        facts_list.sort(key=lambda facts: (facts.size.key, str(facts.id)))
    _save(found, questions, by_product)


def _ask_about_guarded(
    found: Neighbourhood, batch: Batch, unlinked: Collection[int], stopped: Collection[str], into: dict[int, _Question]
) -> None:
    """A key agrees and a guard fired, or its class is stopped: ask about the products that share the key."""
    sharing = _sharing(batch, stopped)
    for link in batch.links:
        pk = int(link.id)
        if pk not in unlinked or not (link.status == ASKED or link.method in stopped):
            continue
        product = int(found.facts[pk].product_ref)
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
    rows = {**near, **{pk: found.facts[pk] for pk in unlinked}}
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


def _save(found: Neighbourhood, questions: Mapping[int, _Question], facts: Mapping[int, list[Normalised]]) -> None:
    products = {variant.product_id for variant in found.due}
    open_cards = {card.product_id: card for card in ReviewCard.everyone.filter(product__in=products, status="open")}
    fresh = []
    closed = set(found.cannot) | _taken_places(questions, facts)
    for product in sorted(products):
        question, card = questions.get(product), open_cards.get(product)
        candidates = candidates_of(product, question, facts, closed) if question else []
        if not candidates:
            if card is not None:
                move(card, "moot", by="engine", reason="no question is left", decided_at=timezone.now())
            continue
        values: dict[str, Any] = {
            "reason": question.reason if question else "",
            "evidence_class": question.evidence_class if question else "",
            "candidates": candidates,
            "money_minor": worth(candidates, facts[product]),
        }
        if card is None:
            fresh.append(ReviewCard(product_id=product, **values))
        else:
            ReviewCard.everyone.filter(pk=card.pk, status="open").update(**values)
    made = ReviewCard.everyone.bulk_create(fresh)
    ReviewCardChange.objects.bulk_create([ReviewCardChange(row=card, to_status="open", by="engine") for card in made])


def _taken_places(questions: Mapping[int, _Question], facts: Mapping[int, list[Normalised]]) -> set[frozenset[int]]:
    """Pairs nobody could approve: another variant of the asking shop stands for the other's item already."""
    asking = {int(one.id): int(one.shop_id) for product in questions for one in facts.get(product, [])}
    others = {int(one.id) for q in questions.values() for product in q.found for one in facts.get(product, [])}
    item_of = dict(Match.everyone.filter(variant__in=others, status="linked").values_list("variant_id", "item_id"))
    standing = Match.everyone.filter(item__in=set(item_of.values()), shop__in=set(asking.values()), status="linked")
    holder = {(item, shop): variant for item, shop, variant in standing.values_list("item_id", "shop_id", "variant_id")}
    return {
        frozenset((mine, other))
        for mine, shop in asking.items()
        for other, item in item_of.items()
        if holder.get((item, shop), mine) != mine
    }


def candidates_of(
    product: int, question: _Question, facts: Mapping[int, list[Normalised]], cannot: Collection[frozenset[int]]
) -> list[dict[str, Any]]:
    """Write a question's candidates as a card keeps them: product, score, why, sizes aligned; at most eight.

    ``cannot`` holds the pairs that a person refused or that nobody could approve; a candidate without another is left out.
    """
    shown = []
    ranked = sorted(question.found.items(), key=lambda one: (-one[1][0], one[0]))
    for other, (score, why) in ranked[:MOST_SHOWN]:
        sizes = align(facts.get(product, []), facts.get(other, []))
        if any(row["theirs"] and frozenset((row["mine"], row["theirs"])) not in cannot for row in sizes):
            shown.append({"product": other, "score": round(score, 3), "why": list(why), "sizes": sizes})
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
