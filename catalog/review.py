"""Review: what a person decides about a card, kept for ever and undone without a trace on any shelf."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.mark import mark_items
from catalog.match import ensure_item, lock_matching, save_links
from catalog.matching.normalising import normalise
from catalog.models import Match, ReviewCard, Variant, Verdict
from catalog.neighbours import as_received, brand_aliases, linked_matches, read_variants
from skuu.kit.errors import NotPossible
from skuu.kit.states import move


class NoSuchCandidate(NotPossible):
    """The card does not show a candidate of that number; it was renewed in the meantime."""

    code = "no_such_candidate"


def approve_card(card: ReviewCard, *, candidate: int = 0, by: str) -> int:
    """Say that the product is this candidate: all aligned sizes become one item each. Returns how many sizes were linked.

    *Locks* matching. *Again* on a decided card: WrongState. Sizes whose shop already stands in the item are left out.
    """
    with transaction.atomic():
        lock_matching()
        card = _open(card)
        chosen = _chosen(card, candidate)
        pairs = [(row["mine"], row["theirs"]) for row in chosen["sizes"] if row["theirs"]]
        linked = _link_pairs(pairs, by=by, seen={"card": card.pk, "candidate": chosen})
        if not linked:
            raise NotPossible(
                "None of its sizes can be linked: each shop may stand in an item once.", code="nothing_to_link"
            )
        _decide(card, "approved", by=by, chosen=chosen["product"])
    return linked


def reject_card(card: ReviewCard, *, by: str) -> None:
    """Say that the product is none of the candidates; the machine will not ask about these pairs again."""
    with transaction.atomic():
        lock_matching()
        card = _open(card)
        pairs = [(row["mine"], row["theirs"]) for one in card.candidates for row in one["sizes"] if row["theirs"]]
        rows, facts = _read({pk for pair in pairs for pk in pair})
        for mine, theirs in pairs:
            if mine in rows and theirs in rows:
                item = ensure_item(rows[theirs], facts[theirs], by=by)
                say(mine, item, same=False, by=by, seen={"card": card.pk})
        _decide(card, "rejected", by=by, chosen=None)


def skip_card(card: ReviewCard, *, by: str, reason: str = "") -> None:
    """Leave the question for somebody else or later."""
    move(card, "skipped", by=by, reason=reason)


def undo_card(card: ReviewCard, *, by: str) -> None:
    """Take a decision back: its verdicts fall, its links and their placements are withdrawn, the card is open again."""
    with transaction.atomic():
        lock_matching()
        card = ReviewCard.everyone.select_for_update().get(pk=card.pk)
        if card.status not in ("approved", "rejected", "skipped"):
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
        move(card, "open", by=by, reason="undone", decided_by="", decided_at=None, chosen_product=None)
        mark_items(touched)


def say(variant_id: int, item_id: int, *, same: bool, by: str, seen: dict[str, Any]) -> None:
    """Keep a person's verdict; a standing one of the opposite kind is ended by it."""
    standing = Verdict.objects.filter(variant=variant_id, item=item_id, undone_at=None)
    if standing.filter(same=same).exists():
        return
    standing.update(undone_at=timezone.now())
    Verdict.objects.create(variant_id=variant_id, item_id=item_id, same=same, by=by, seen=seen)


def _link_pairs(pairs: list[tuple[int, int]], *, by: str, seen: dict[str, Any]) -> int:
    rows, facts = _read({pk for pair in pairs for pk in pair})
    touched, wanted = set(), []
    for mine, theirs in pairs:
        if mine not in rows or theirs not in rows:
            continue
        item = ensure_item(rows[theirs], facts[theirs], by=by)
        before = linked_matches([mine]).get(mine)
        if Match.everyone.filter(item=item, shop=rows[mine].shop_id, status="linked").exclude(variant=mine).exists():
            continue
        if before is not None and before.item_id != item:
            move(before, "withdrawn", by=by, reason="a person said it is another item")
            touched.add(before.item_id)
        say(mine, item, same=True, by=by, seen=seen)
        say(theirs, item, same=True, by=by, seen=seen)
        evidence = [f"{by} looked at both and said they are the same."]
        wanted.append(
            Match(
                variant=rows[mine], shop_id=rows[mine].shop_id, item_id=item, status="linked", method="person",
                evidence=evidence, probability=1.0, decided_by=by,
            )
        )  # fmt: skip
        touched.add(item)
    save_links(wanted, by=by)
    mark_items(touched)
    return len(wanted)


def _read(ids: set[int]) -> tuple[dict[int, Variant], dict[int, Any]]:
    rows = {row.pk: row for row in read_variants(Q(pk__in=ids, deleted_at=None))}
    aliases = brand_aliases()
    return rows, {pk: normalise(as_received(row), brand_aliases=aliases) for pk, row in rows.items()}


def _open(card: ReviewCard) -> ReviewCard:
    card = ReviewCard.everyone.select_for_update().get(pk=card.pk)
    if card.status not in ("open", "skipped"):
        raise NotPossible(f"This card was {card.status} already.", code="already_decided")
    return card


def _chosen(card: ReviewCard, candidate: int) -> dict[str, Any]:
    if not 0 <= candidate < len(card.candidates):
        raise NoSuchCandidate("This card shows no such candidate; open it again.")
    chosen: dict[str, Any] = card.candidates[candidate]
    return chosen


def _decide(card: ReviewCard, status: str, *, by: str, chosen: int | None) -> None:
    move(card, status, by=by, decided_by=by, decided_at=timezone.now(), chosen_product=chosen)
