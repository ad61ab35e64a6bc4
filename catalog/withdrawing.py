"""Take back what a stopped class linked and nobody has confirmed: previewed, asked for by a person, done batch by batch."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.doubts import wait_for_matcher
from catalog.mark import mark_items
from catalog.models import EvidenceClass, Match, Variant, Verdict
from skuu.kit.errors import NotPossible
from skuu.kit.jobs import ring
from skuu.kit.states import move_all

BATCH = 1000


def unproven_links(name: str) -> QuerySet[Match]:
    """Select the links that rest on this class alone: no person has said that they are right."""
    said = Verdict.objects.filter(variant=OuterRef("variant"), item=OuterRef("item"), same=True, undone_at=None)
    return Match.everyone.filter(~Exists(said), status="linked", method=name)


def withdraw_class(name: str, *, by: str) -> int:
    """Have a stopped class's unproven links taken back soon; returns how many there are. *Again*: the same request.

    Each becomes a question for a person, as its class may not link. Raises NotPossible when the class is not stopped.
    """
    from catalog import tasks

    with transaction.atomic():
        if not EvidenceClass.objects.filter(pk=name, status="stopped").update(withdrawing_by=by):
            raise NotPossible("Only a stopped class's links can be taken back.", code="not_stopped")
        ring(tasks.withdraw_links)
    return unproven_links(name).count()


def withdraw_due() -> int:
    """Take one batch of links back for whoever asked for it; returns how many, 0 when all are.

    *Locks* matching and the class. *Again*: the next batch; a class re-opened meanwhile keeps what it has left.
    """
    with transaction.atomic():
        wait_for_matcher()
        asked = EvidenceClass.objects.select_for_update().filter(status="stopped").exclude(withdrawing_by="")
        row = asked.order_by("name").first()
        if row is None:
            return 0
        links = list(unproven_links(row.name).order_by("pk")[:BATCH])
        if not links:
            EvidenceClass.objects.filter(pk=row.pk).update(withdrawing_by="")
            return 1
        why = dict.fromkeys((link.pk for link in links), f"“{row.name}” was stopped and nobody had confirmed it")
        move_all(links, "withdrawn", by=row.withdrawing_by, reasons=why)
        variants = Variant.everyone.filter(pk__in=[link.variant_id for link in links])
        variants.update(match_due_at=timezone.now(), matched_rule=0)
        mark_items({link.item_id for link in links})
    return len(links)
