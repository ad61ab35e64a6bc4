"""Gates: random audits measure what each class of evidence is worth; one that is not worth it stops linking by itself.

A class is *provisional* until the lower 95 % bound of its measured precision passes 99.5 %, then *proven*; it is *stopped*
when its upper bound falls below. Bounds are one-sided and exact (Clopper-Pearson). What counts are the answers of the last
90 days, or of the last 30 alone if those are worse; answers from before a person re-opened the class do not. The bounds are
looked at after every answer, so a class may be stopped by chance a little more often than one time in twenty: that costs a
person's look, never a wrong parcel. Links that a stopped class made before stay until an audit or a report says otherwise.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.doubts import (
    candidates_about,
    close_doubt,
    hold_doubt,
    let_go,
    link_again,
    price_in_cents,
    reopen_doubt,
    wait_for_matcher,
)
from catalog.matching.bounds import clean_checks_needed, lower_bound, upper_bound
from catalog.models import Audit, EvidenceClass, Match, MatchReport, ReviewCard, ReviewCardChange, Variant
from catalog.verdicts import say_all, unsay_card
from network.notify import mail_staff
from skuu.kit.errors import NotFound, NotPossible
from skuu.kit.jobs import ring
from skuu.kit.states import move

log = structlog.get_logger(__name__)
AIM = 0.995
WINDOW, RECENT = dt.timedelta(days=90), dt.timedelta(days=30)
SHORTEST_MONTH = 28
MOST_DAYS_AT_ONCE = 7  # a network that was off for a month is not asked a month's questions in one morning
LEASE = dt.timedelta(minutes=5)
TITLES = {
    "gtin": _("Same barcode"),
    "code": _("Same brand, article code and size"),
    "aligned": _("Same size of a linked product"),
    "title": _("Titles alone"),
    "person": _("A person’s decision"),
}
_BY_ITSELF_NEVER = ("own", "person")
_QUESTION = "Drawn at random from what was linked by itself. Is it really the same, size and all?"


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """What is known of a class: its links, the checks that count now, their precision with its bounds, and what is missing."""

    name: str
    title: str
    status: str
    linked: int
    checked: int
    wrong: int
    waiting: int  # audits drawn and not answered yet
    reported: int  # links of it that merchants reported and people found wrong within the window; no random sample
    lower: float
    upper: float
    needed: int  # further checks, all right, until it is proven; 0 when the bound passes
    recent_upper: float  # of the last 30 days alone

    @property
    def precision(self) -> float | None:
        """The measured share of right ones; None when nothing was checked."""
        return (self.checked - self.wrong) / self.checked if self.checked else None

    @property
    def verdict(self) -> str:
        """Which status the checks speak for."""
        if min(self.upper, self.recent_upper) < AIM:
            return "stopped"
        return "proven" if self.checked and self.lower >= AIM else "provisional"


def class_figures() -> list[ClassFigures]:
    """Measure every class, by name; six queries. Reads only."""
    return _measure(list(EvidenceClass.objects.order_by("name")))


def _measure(classes: list[EvidenceClass], *, counted: bool = True) -> list[ClassFigures]:
    """Reckon the bounds; ``counted`` also counts links, cards and reports, which reads every link there is."""
    names = [one.name for one in classes]
    now = timezone.now()
    whole, recent = _answers(names, now - WINDOW), _answers(names, now - RECENT)
    linked, waiting, reported = _counts(names, now - WINDOW) if counted else ({}, {}, {})
    found = []
    for one in classes:
        checked, right = whole.get(one.name, (0, 0))
        recent_checked, recent_right = recent.get(one.name, (0, 0))
        found.append(
            ClassFigures(
                name=one.name,
                title=str(TITLES.get(one.name, one.name.replace("_", " ").capitalize())),
                status=one.status,
                linked=linked.get(one.name, 0),
                checked=checked,
                wrong=checked - right,
                waiting=waiting.get(one.name, 0),
                reported=reported.get(one.name, 0),
                lower=lower_bound(right, checked),
                upper=upper_bound(right, checked),
                needed=clean_checks_needed(right, checked, AIM),
                recent_upper=upper_bound(recent_right, recent_checked),
            )
        )
    return found


def _counts(names: list[str], since: dt.datetime) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Count by class the links that stand, the audits that wait and the reports that were upheld."""
    standing = Match.everyone.filter(status="linked", method__in=names).values_list("method")
    open_cards = Audit.objects.filter(evidence_class__in=names, answered_at=None, card__status__in=("open", "skipped"))
    wrong = MatchReport.everyone.filter(status="upheld", decided_at__gte=since, match__method__in=names)
    return (
        dict(standing.annotate(rows=Count("pk")).order_by()),
        dict(open_cards.values_list("evidence_class").annotate(rows=Count("pk")).order_by()),
        dict(wrong.values_list("match__method").annotate(rows=Count("pk")).order_by()),
    )


def _answers(names: list[str], since: dt.datetime) -> dict[str, tuple[int, int]]:
    """Count the answers that count, and the right ones among them, by class."""
    counts = Q(evidence_class__counted_from=None) | Q(answered_at__gte=F("evidence_class__counted_from"))
    rows = Audit.objects.filter(counts, evidence_class__in=names, answered_at__gte=since)
    counted = (
        rows.order_by().values("evidence_class").annotate(checked=Count("pk"), good=Count("pk", filter=Q(right=True)))
    )
    return {row["evidence_class"]: (row["checked"], row["good"]) for row in counted}


# --- drawing ----------------------------------------------------------------------------------------------------------
def draw_audits(day: dt.date | None = None) -> int:
    """Draw a day's share of links of every class for a person to check; returns how many cards were opened.

    A month holds at least ``checks_a_month`` per class; where there are fewer links, all of them. *Locks* each class.
    *Again* on the same day: none. The draw is random and can be repeated: the lot of a link is a hash of class, day and id.
    """
    day = day or timezone.localdate()
    _register_classes()
    _close_idle_audits()
    drawn = 0
    for name in EvidenceClass.objects.order_by("name").values_list("name", flat=True):
        with transaction.atomic():
            row = EvidenceClass.objects.select_for_update().get(pk=name)
            days = 1 if row.drawn_on is None else min((day - row.drawn_on).days, MOST_DAYS_AT_ONCE)
            if days > 0:
                share = -(-row.checks_a_month // SHORTEST_MONTH)
                drawn += _open_audits(row, seed=f"{name} {day.isoformat()}", wanted=days * share)
                EvidenceClass.objects.filter(pk=name).update(drawn_on=day)
        evaluate_class(name)
    return drawn


def _register_classes() -> None:
    """Put every kind of evidence that has linked something under audit, also one that is new."""
    used = Match.everyone.filter(status="linked").exclude(method__in=_BY_ITSELF_NEVER).order_by()
    names = used.values_list("method", flat=True).distinct()
    EvidenceClass.objects.bulk_create([EvidenceClass(name=name) for name in names], ignore_conflicts=True)


def _close_idle_audits() -> None:
    """Close the cards of links that ended before anybody looked: there is nothing left to check."""
    idle = Audit.objects.filter(answered_at=None, card__status="open").exclude(match__status="linked")
    for audit in idle.select_related("card"):
        if audit.card is not None:
            move(audit.card, "moot", by="gates", reason="the link ended", decided_at=timezone.now())


_DRAW = """
select m.id, v.product_id from catalog_match m join catalog_variant v on v.id = m.variant_id
where m.status = 'linked' and m.method = %(name)s and v.deleted_at is null
  and exists (
    select 1 from catalog_match o join catalog_variant w on w.id = o.variant_id
    where o.item_id = m.item_id and o.status = 'linked' and o.shop_id <> m.shop_id and w.deleted_at is null)
  and not exists (select 1 from catalog_audit a where a.match_id = m.id)
  and not exists (
    select 1 from catalog_verdict d where d.variant_id = m.variant_id and d.item_id = m.item_id and d.undone_at is null)
  and not exists (
    select 1 from catalog_reviewcard c where c.product_id = v.product_id and c.kind = 'audit'
    and c.status in ('open', 'skipped'))
order by md5(%(seed)s || m.id::text) limit %(most)s
"""


def _open_audits(row: EvidenceClass, *, seed: str, wanted: int) -> int:
    """Draw links and open their cards; one of a product at a time, whose sizes are wrong together or right together."""
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, {"name": row.name, "seed": seed, "most": 10 * wanted})
        first: dict[int, int] = {}
        for match_id, product in cursor.fetchall():
            first.setdefault(product, match_id)
    ids = list(first.values())[:wanted]
    found = {match.pk: match for match in Match.everyone.filter(pk__in=ids).select_related("variant", "shop")}
    shown = candidates_about(list(found.values()))
    matches = [found[pk] for pk in ids if shown[pk]]
    cards = ReviewCard.everyone.bulk_create(
        ReviewCard(
            product_id=match.variant.product_id,
            kind="audit",
            reason=_QUESTION,
            evidence_class=row.name,
            candidates=shown[match.pk],
            money_minor=price_in_cents(match.variant, match.shop.currency),
            about={"match": match.pk},
        )
        for match in matches
    )
    ReviewCardChange.objects.bulk_create([ReviewCardChange(row=card, to_status="open", by="gates") for card in cards])
    Audit.objects.bulk_create(
        Audit(match=match, evidence_class=row, card=card, seed=seed) for match, card in zip(matches, cards, strict=True)
    )
    return len(cards)


# --- answering --------------------------------------------------------------------------------------------------------
def answer_audit(card: ReviewCard, same: bool, *, by: str, seen: Mapping[str, Any] | None = None) -> str:
    """Say whether an audited link is right; returns the status of its class afterwards.

    A wrong one is unlinked and never linked again, its placements are withdrawn, and the class is judged at once.
    *Locks* matching, the card, the class. *Again*: NotPossible. Raises Busy while another reviewer holds the card.
    """
    with transaction.atomic():
        wait_for_matcher()
        card = hold_doubt(card, "audit", by=by)
        audit = Audit.objects.select_for_update(of=("self",)).select_related("match").get(card=card)
        match, words = audit.match, {"card": card.pk, "audit": audit.pk, **(seen or {})}
        said = {(match.variant_id, match.item_id): words}
        if same:
            said |= {(row["theirs"], match.item_id): words for one in card.candidates for row in one["sizes"]}
        say_all(said, same=same, by=by)
        if not same:
            let_go(match, by=by, reason="an audit found it wrong")
        Audit.objects.filter(pk=audit.pk).update(answered_at=timezone.now(), right=same, by=by)
        close_doubt(card, same=same, by=by)
        return evaluate_class(audit.evidence_class_id)


def undo_audit(card: ReviewCard, *, by: str) -> str:
    """Take the answer of an audit back: the card is open again, a link it ended stands again; returns the class's status.

    A class that the answer stopped stays stopped until a person re-opens it. *Locks* as answer_audit does.
    """
    with transaction.atomic():
        wait_for_matcher()
        card = reopen_doubt(card, by=by, lease=LEASE)
        audit = Audit.objects.select_for_update(of=("self",)).select_related("match").get(card=card)
        unsay_card(card)
        if not audit.right and audit.match.status == "rejected":
            link_again(audit.match, by=by, reason="the audit's answer was taken back")
        Audit.objects.filter(pk=audit.pk).update(answered_at=None, right=None, by="")
        return evaluate_class(audit.evidence_class_id)


def evaluate_class(name: str) -> str:
    """Judge a class by the checks that count now; returns its status. A stopped one stays stopped: only a person re-opens it.

    *Locks* the class. *Again*: no change.
    """
    with transaction.atomic():
        row = EvidenceClass.objects.select_for_update().get(pk=name)
        (found,) = _measure([row], counted=False)
        right = found.checked - found.wrong
        EvidenceClass.objects.filter(pk=name).update(audited=found.checked, audited_right=right)
        if row.status not in ("stopped", found.verdict):
            reason = f"{right} of {found.checked} checks were right: between {_percent(found.lower)} and {_percent(found.upper)}"
            move(row, found.verdict, by="gates", reason=reason, announce_due_at=timezone.now())
            log.warning("evidence_class_moved", name=name, status=row.status, checked=found.checked, wrong=found.wrong)
            _ring_announcement()
        return row.status


def reopen_class(name: str, *, reason: str, by: str) -> None:
    """Let a stopped class link by itself again, on probation and with its checks counted from now.

    Its variants that wait for a match are matched anew. Raises NotFound; NotPossible without a reason or when it is not stopped.
    """
    reason = reason.strip()
    if not reason:
        raise NotPossible("Say why it may link by itself again.", code="reason_missing")
    with transaction.atomic():
        wait_for_matcher()
        row = EvidenceClass.objects.select_for_update().filter(pk=name).first()
        if row is None:
            raise NotFound("There is no such class of evidence.")
        if row.status != "stopped":
            raise NotPossible("Only a stopped class can be re-opened.", code="not_stopped")
        fresh = {"counted_from": timezone.now(), "audited": 0, "audited_right": 0, "withdrawing_by": ""}
        move(row, "provisional", by=by, reason=reason, **fresh, announce_due_at=timezone.now())
        _match_again(name)
        _ring_announcement()


def _match_again(name: str) -> None:
    """Mark the variants of products that are asked about because the class was stopped."""
    from catalog import tasks

    asked = ReviewCard.everyone.filter(status="open", kind="question", evidence_class=f"{name}_guarded")
    marked = Variant.everyone.filter(product__in=asked.values("product"), deleted_at=None, match_due_at=None)
    if marked.update(match_due_at=timezone.now(), matched_rule=0):
        ring(tasks.match)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


# --- telling staff ----------------------------------------------------------------------------------------------------
def announce_classes() -> int:
    """Mail staff about every class that moved; returns how many. The operations page shows them all the time.

    Marked before it is mailed, so that two workers never mail it twice; a mail server that refuses takes the mark off again.
    """
    with transaction.atomic():
        moved = EvidenceClass.objects.select_for_update(skip_locked=True).filter(announce_due_at__isnull=False)
        names = list(moved.order_by("name").values_list("name", flat=True))
        EvidenceClass.objects.filter(pk__in=names).update(announce_due_at=None)
    told = 0
    for one in _measure(list(EvidenceClass.objects.filter(pk__in=names).order_by("name"))):
        if mail_staff(*_announcement(one)):
            told += 1
        else:
            EvidenceClass.objects.filter(pk=one.name).update(announce_due_at=timezone.now())
    return told


def _announcement(one: ClassFigures) -> tuple[str, str]:
    subjects = {
        "stopped": f"“{one.title}” no longer links by itself",
        "proven": f"“{one.title}” is proven",
        "provisional": f"“{one.title}” is on probation",
    }
    bodies = {
        "stopped": "New links of this kind now go to review. Links made before stay until an audit or a report says "
        "otherwise. A person may re-open the class with a reason, on its page in the back office.",
        "proven": "The lower 95 % bound of its measured precision has passed 99.5 %.",
        "provisional": "It links by itself and is audited; the lower 95 % bound of its measured precision is below 99.5 %.",
    }
    figures = (
        f"Checked {one.checked}, wrong {one.wrong}; true precision between {_percent(one.lower)} and "
        f"{_percent(one.upper)}; {one.linked} links stand."
    )
    return subjects[one.status], f"{bodies[one.status]}\n\n{figures}"


def _ring_announcement() -> None:
    from catalog import tasks

    ring(tasks.announce_classes)
