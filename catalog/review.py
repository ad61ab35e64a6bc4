"""Review: who looks at which card, and what a person decides about it, kept for ever and undone without a trace on any shelf."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.mark import mark_items
from catalog.match import ensure_item, lock_matching, save_links
from catalog.matching.normalising import normalise
from catalog.models import Match, ReviewCard, ReviewCardChange, Variant, Verdict
from catalog.neighbours import as_received, brand_aliases, linked_matches, read_variants
from catalog.sight import Sight, see_card
from catalog.verdicts import say_all
from skuu.kit.errors import Busy, NotPossible, WrongState
from skuu.kit.states import move

LEASE = dt.timedelta(minutes=5)
DECIDED = ("approved", "rejected", "skipped")


class NoSuchCandidate(NotPossible):
    """The card does not show a candidate of that number; it was renewed in the meantime."""

    code = "no_such_candidate"


class CardWasRenewed(WrongState):
    """What the person was shown is not what stands on the card now."""

    code = "card_was_renewed"


class TakenByAnother(Busy):
    """Another reviewer looks at the card now."""

    code = "taken_by_another"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which cards a reviewer wants: by the machine's name of the brand, shop, evidence class and least age in days."""

    brand: str = ""
    shop: int | None = None
    evidence_class: str = ""
    days: int = 0
    status: str = "open"


EVERYTHING = QueueFilter()


def waiting(where: QueueFilter) -> QuerySet[ReviewCard]:
    """Select the cards that wait for a decision, most money first."""
    rows = ReviewCard.everyone.filter(status=where.status)
    if where.brand:
        rows = rows.filter(Exists(Variant.everyone.filter(product=OuterRef("product"), brand_key=where.brand)))
    if where.shop is not None:
        rows = rows.filter(product__shop=where.shop)
    if where.evidence_class:
        rows = rows.filter(evidence_class=where.evidence_class)
    if where.days:
        rows = rows.filter(created_at__lt=timezone.now() - dt.timedelta(days=where.days))
    return rows.order_by("-money_minor", "pk")


def take_next(by: str, where: QueueFilter = EVERYTHING) -> ReviewCard | None:
    """Take the card with the most at stake that nobody else looks at, for five minutes; None when none is left.

    *Locks* the card, passing by those others hold. *Again*: the same card, until it is decided, skipped or given back.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = waiting(where).select_for_update(skip_locked=True, of=("self",))
        card = rows.filter(taken_by=by, taken_until__gt=now).first()
        card = card or rows.filter(Q(taken_until=None) | Q(taken_until__lte=now)).first()
        others = ReviewCard.everyone.filter(taken_by=by, taken_until__gt=now).exclude(pk=card.pk if card else 0)
        others.update(taken_by="", taken_until=None)
        if card is not None:
            _take(card, by, now)
    return card


def take_card(card: ReviewCard, *, by: str) -> bool:
    """Take this very card if nobody else looks at it; says whether it is taken now."""
    now = timezone.now()
    free = Q(taken_until=None) | Q(taken_until__lte=now) | Q(taken_by__in=("", by))
    won = ReviewCard.everyone.filter(free, pk=card.pk, status__in=("open", "skipped"))
    return bool(won.update(taken_by=by, taken_until=now + LEASE))


def approve_card(card: ReviewCard, *, candidate: int = 0, by: str, digest: str = "") -> int:
    """Say that the product is this candidate: all aligned sizes become one item each. Returns how many sizes were linked.

    ``digest`` names what the person was shown (sight.Sight.digest); the verdicts keep it in words.
    *Locks* matching. *Again* on a decided card: NotPossible. Sizes whose shop already stands in the item are left out.
    Raises CardWasRenewed, TakenByAnother, NoSuchCandidate; nothing is changed then.
    """
    with transaction.atomic():
        _lock()
        card = _open(card, by)
        chosen = _chosen(card, candidate)
        sight = _as_shown(card, digest)
        pairs = [(row["mine"], row["theirs"]) for row in chosen["sizes"] if row["theirs"]]
        seen = {"card": card.pk, "candidate": chosen, "shown": _words(sight).get(candidate, {})}
        linked = _link_pairs(pairs, by=by, seen=seen)
        if not linked:
            raise NotPossible(
                "None of its sizes can be linked: each shop may stand in an item once.", code="nothing_to_link"
            )
        _decide(card, "approved", by=by, chosen=chosen["product"])
    return linked


def reject_card(card: ReviewCard, *, by: str, digest: str = "") -> None:
    """Say that the product is none of the candidates; the machine will not ask about these pairs again.

    *Locks* and *Raises* as approve_card does.
    """
    with transaction.atomic():
        _lock()
        card = _open(card, by)
        shown = _words(_as_shown(card, digest))
        pairs = [
            (row["mine"], row["theirs"], number)
            for number, one in enumerate(card.candidates)
            for row in one["sizes"]
            if row["theirs"]
        ]
        rows, facts = _read({pk for pair in pairs for pk in pair[:2]})
        pairs = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
        items = _items_of([theirs for _, theirs, _ in pairs], rows, facts, by)
        said: dict[tuple[int, int], dict[str, Any]] = {}
        for mine, theirs, number in pairs:
            said.setdefault((mine, items[theirs]), {"card": card.pk, "shown": shown.get(number, {})})
        say_all(said, same=False, by=by)
        _decide(card, "rejected", by=by, chosen=None)


def skip_card(card: ReviewCard, *, by: str, reason: str = "") -> None:
    """Leave the question for somebody else or later; one skipped again rests for as long as a card may be held."""
    with transaction.atomic():
        card = _open(card, by)
        if card.status == "skipped":
            card.changes.create(from_status="skipped", to_status="skipped", by=by, reason=reason)
            ReviewCard.everyone.filter(pk=card.pk).update(taken_by="", taken_until=timezone.now() + LEASE)
        else:
            move(card, "skipped", by=by, reason=reason, taken_by="", taken_until=None)


def undo_last(by: str) -> ReviewCard:
    """Take back this person's latest decision that still stands, and hand the card back to them.

    *Again* takes back the one before. Raises NotPossible when there is none.
    """
    later = ReviewCardChange.objects.filter(row=OuterRef("row"), pk__gt=OuterRef("pk"))
    mine = ReviewCardChange.objects.filter(~Exists(later), by=by, to_status__in=DECIDED, row__status=F("to_status"))
    last = mine.select_related("row").order_by("-pk").first()
    if last is None:
        raise NotPossible("You have decided nothing that could be undone.", code="nothing_to_undo")
    undo_card(last.row, by=by)
    return ReviewCard.everyone.get(pk=last.row_id)


def undo_card(card: ReviewCard, *, by: str) -> None:
    """Take a decision back: its verdicts fall, its links and their placements are withdrawn, the card is open again.

    Whoever undoes it holds the card. *Locks* matching. Raises NotPossible when it is not decided.
    """
    with transaction.atomic():
        _lock()
        card = ReviewCard.everyone.select_for_update().get(pk=card.pk)
        if card.status not in DECIDED:
            raise NotPossible("Only a decided card can be undone.", code="not_decided")
        said = Verdict.objects.filter(seen__card=card.pk, undone_at=None)
        touched = set()
        variants = list(said.filter(same=True).values_list("variant_id", "item_id"))
        said.update(undone_at=timezone.now())
        for match in Match.everyone.filter(variant__in=[v for v, _ in variants], status="linked", method="person"):
            if (match.variant_id, match.item_id) in set(variants):
                move(match, "withdrawn", by=by, reason="the decision was undone")
                touched.add(match.item_id)
        Variant.everyone.filter(pk__in=[v for v, _ in variants]).update(match_due_at=timezone.now())
        for other in ReviewCard.everyone.filter(product=card.product_id, status="open"):
            move(other, "moot", by=by, reason="an earlier question is open again")
        held = {"taken_by": by, "taken_until": timezone.now() + LEASE}
        move(card, "open", by=by, reason="undone", decided_by="", decided_at=None, chosen_product=None, **held)
        mark_items(touched)


def _link_pairs(pairs: list[tuple[int, int]], *, by: str, seen: dict[str, Any]) -> int:
    rows, facts = _read({pk for pair in pairs for pk in pair})
    pairs = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
    items = _items_of([theirs for _, theirs in pairs], rows, facts, by)
    before = linked_matches([mine for mine, _ in pairs])
    sitting = Match.everyone.filter(item__in=items.values(), status="linked")
    taken = {(item, shop): variant for item, shop, variant in sitting.values_list("item_id", "shop_id", "variant_id")}
    touched, wanted = set(), []
    said: dict[tuple[int, int], dict[str, Any]] = {}
    evidence = [f"{by} looked at both and said they are the same."]
    for mine, theirs in pairs:
        item, shop, old = items[theirs], rows[mine].shop_id, before.get(mine)
        if taken.setdefault((item, shop), mine) != mine:
            continue
        if old is not None and old.item_id != item:
            move(old, "withdrawn", by=by, reason="a person said it is another item")
            touched.add(old.item_id)
        said |= {(mine, item): seen, (theirs, item): seen}
        wanted.append(
            Match(
                variant=rows[mine], shop_id=shop, item_id=item, status="linked", method="person",
                evidence=evidence, probability=1.0, decided_by=by,
            )
        )  # fmt: skip
        touched.add(item)
    say_all(said, same=True, by=by)
    save_links(wanted, by=by)
    mark_items(touched)
    return len(wanted)


def _items_of(ids: list[int], rows: Mapping[int, Variant], facts: Mapping[int, Any], by: str) -> dict[int, int]:
    """Name the item each variant stands for; one that stands for none yet gets its own."""
    items = {pk: match.item_id for pk, match in linked_matches(ids).items()}
    for pk in ids:
        if pk not in items:
            items[pk] = ensure_item(rows[pk], facts[pk], by=by)
    return items


def _read(ids: set[int]) -> tuple[dict[int, Variant], dict[int, Any]]:
    rows = {row.pk: row for row in read_variants(Q(pk__in=ids, deleted_at=None))}
    aliases = brand_aliases()
    return rows, {pk: normalise(as_received(row), brand_aliases=aliases) for pk, row in rows.items()}


def _lock() -> None:
    """Wait for the matcher's own lock, and say so instead of failing when a long run holds it."""
    try:
        lock_matching()
    except OperationalError as error:
        raise Busy("Matching is at work on a large batch; try again in a moment.", code="matching_at_work") from error


def _take(card: ReviewCard, by: str, now: dt.datetime) -> None:
    card.taken_by, card.taken_until = by, now + LEASE
    ReviewCard.everyone.filter(pk=card.pk).update(taken_by=card.taken_by, taken_until=card.taken_until)


def _open(card: ReviewCard, by: str) -> ReviewCard:
    card = ReviewCard.everyone.select_for_update().get(pk=card.pk)
    if card.status not in ("open", "skipped"):
        raise NotPossible(f"This card was {card.status} already.", code="already_decided")
    if card.taken_by not in ("", by) and card.taken_until and card.taken_until > timezone.now():
        raise TakenByAnother(f"{card.taken_by} is looking at this card now.")
    return card


def _chosen(card: ReviewCard, candidate: int) -> dict[str, Any]:
    if not 0 <= candidate < len(card.candidates):
        raise NoSuchCandidate("This card shows no such candidate; open it again.")
    chosen: dict[str, Any] = card.candidates[candidate]
    return chosen


def _as_shown(card: ReviewCard, digest: str) -> Sight:
    sight = see_card(card)
    if digest and digest != sight.digest:
        raise CardWasRenewed("One of these products changed while you looked. This is how the card stands now.")
    return sight


def _words(sight: Sight) -> dict[int, dict[str, Any]]:
    """What was shown of each candidate, by its number on the card."""
    return {option.number: option.seen for option in sight.options}


def _decide(card: ReviewCard, status: str, *, by: str, chosen: int | None) -> None:
    done: dict[str, Any] = {"decided_by": by, "decided_at": timezone.now(), "taken_by": "", "taken_until": None}
    move(card, status, by=by, chosen_product=chosen, **done)
    for twin in ReviewCard.everyone.filter(product=card.product_id, status="open"):
        move(twin, "moot", by=by, reason="the product's earlier question was answered")
