"""Reports: a merchant says that a link of its own is wrong; nothing goes through it until a person has decided.

The reported variant leaves its item at once (the match waits as ``ask``, a provisional "not the same" keeps the machine from
linking it again), so it is neither offered to others nor filled from them. Everybody else in the item stays as they are, and
orders already taken are served as placed: the claims they hold are named on the card.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from catalog.distribute import distribute_items
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
from catalog.mark import mark_items
from catalog.models import Claim, Match, MatchReport, ReviewCard, Variant, Verdict
from catalog.verdicts import say_all, unsay_card
from network.models import Merchant
from network.notify import give_notice
from skuu.kit.errors import NotFound, NotPossible, SkuuError
from skuu.kit.states import move, move_all

MOST_A_DAY = 100  # per merchant; more than that is a broken program or a broken catalogue, and a call helps more
MOST_WORDS = 20
LONGEST_NOTE = 1000
LEASE = dt.timedelta(minutes=5)


class TooManyReports(SkuuError):
    """This merchant has reported as many matches today as anybody may."""

    status = 429
    code = "too_many_reports"


def report_match(match: Match, merchant: Merchant, reason: str, note: str = "", *, by: str) -> MatchReport:
    """Say, for a merchant, that its variant is not what the network links it with; nothing goes through the link from now on.

    ``reason`` is one of MatchReport.REASONS. *Locks* matching and the match. *Again* while it is open: the words are added
    to the first report. Raises NotFound for anybody else's match, NotPossible for one that does not stand or stands alone,
    TooManyReports above a hundred in a day.
    """
    if reason not in MatchReport.REASONS:
        raise NotPossible(f"The reason is one of {', '.join(MatchReport.REASONS)}.", code="unknown_reason")
    words = {"by": by, "at": timezone.now().isoformat(), "reason": reason, "note": note.strip()[:LONGEST_NOTE]}
    with transaction.atomic():
        wait_for_matcher()
        row = Match.everyone.select_for_update(of=("self",)).select_related("variant__product", "shop__merchant")
        match = row.filter(pk=match.pk, shop__merchant=merchant).first()  # type: ignore[assignment]
        if match is None:
            raise NotFound("There is no such match.")
        known = MatchReport.everyone.filter(match=match, status="open").first()
        if known is not None:
            return _add_words(known, words)
        shown = candidates_about([match])[match.pk]
        if match.status != "linked" or not shown:
            raise NotPossible("No partner's product is linked with it now.", code="not_linked")
        _refuse_too_many(merchant)
        move(match, "ask", by=by, reason=f"reported: {MatchReport.REASONS[reason]}")
        report = MatchReport(shop=match.shop, match=match, reason=reason, words=[words])
        report.card = card = _open_card(match, report, shown)
        report.save()
        report.changes.create(to_status="open", by=by, reason=words["note"])
        card.about["report"] = report.pk
        card.save(update_fields=["about"])
        _say_provisionally_no(match, report, by=by)
        _decide_shelves(match)
    return report


def withdraw_report(match: Match, merchant: Merchant, *, by: str) -> MatchReport:
    """Take back, for a merchant, the open report of its own match: the link stands as before, and so do its placements.

    What people had said of the link before the report holds again. *Locks* matching and the match. *Again*: the report as
    it was taken back. Raises NotFound for anybody else's match, NotPossible when no report of it is open: after a decision
    only a person of the network can change it.
    """
    with transaction.atomic():
        wait_for_matcher()
        rows = Match.everyone.select_for_update(of=("self",)).select_related("item")
        mine = rows.filter(pk=match.pk, shop__merchant=merchant).first()
        if mine is None:
            raise NotFound("There is no such match.")
        report = MatchReport.everyone.select_related("card").filter(match=mine).order_by("-pk").first()
        if report is not None and report.status == "withdrawn":
            return report
        if report is None or report.status != "open":
            raise NotPossible("No report of this match is open.", code="no_open_report")
        _forget_provisional_no(mine, report)
        reason = "the merchant took its report back"
        if not link_again(mine, by=by, reason=reason) and mine.status == "ask":
            move(mine, "withdrawn", by=by, reason="another variant of the shop stands for the item by now")
        move(report, "withdrawn", by=by, decided_by=by, decided_at=timezone.now())
        if report.card is not None:
            move(report.card, "moot", by=by, reason=reason, decided_at=timezone.now(), taken_by="", taken_until=None)
        _decide_shelves(mine)
    return report


def close_ended_reports() -> int:
    """Close the open reports nobody need decide any more, because the variant is gone or a person decided its match elsewhere.

    Returns how many were closed. The merchant's word stays: nothing links the two again. *Locks* matching and the matches.
    *Again*: nothing.
    """
    with transaction.atomic():
        wait_for_matcher()
        waiting = MatchReport.everyone.filter(status="open").select_related("card")
        ended = waiting.exclude(match__status="ask") | waiting.filter(match__variant__deleted_at__isnull=False)
        reports = list(ended.select_for_update(of=("self",)).order_by("pk"))
        cards = [report.card for report in reports if report.card is not None and report.card.status != "moot"]
        now, reason = timezone.now(), "nothing is left to decide"
        for rows in (reports, cards):
            move_all(rows, "moot", by="network", reasons={row.pk: reason for row in rows})
        MatchReport.everyone.filter(pk__in=[report.pk for report in reports]).update(
            decided_by="network", decided_at=now
        )
        ReviewCard.everyone.filter(pk__in=[card.pk for card in cards]).update(
            decided_at=now, taken_by="", taken_until=None
        )
    return len(reports)


def _say_provisionally_no(match: Match, report: MatchReport, *, by: str) -> None:
    """Keep the machine from linking it again until the report is decided, and remember which words of people that ends."""
    pair = Verdict.objects.filter(variant=match.variant_id, item=match.item_id, undone_at=None)
    ended = list(pair.filter(same=True).values_list("pk", flat=True))
    say_all({(match.variant_id, match.item_id): {"report": report.pk, "ended": ended}}, same=False, by=by)


def _provisional_no(match: Match, report: MatchReport) -> QuerySet[Verdict]:
    return Verdict.objects.filter(variant=match.variant_id, item=match.item_id, seen__report=report.pk)


def _forget_provisional_no(match: Match, report: MatchReport) -> None:
    """Let what a person said before the report hold again, unless somebody has said something since."""
    said = _provisional_no(match, report)
    ended = [pk for seen in said.values_list("seen", flat=True) for pk in seen.get("ended", ())]
    said.filter(undone_at=None).update(undone_at=timezone.now())
    pair = Verdict.objects.filter(variant=match.variant_id, item=match.item_id)
    before = pair.filter(pk__in=ended).order_by("-pk").first()
    if before is not None and not pair.filter(undone_at=None).exists():
        Verdict.objects.filter(pk=before.pk).update(undone_at=None)


def _add_words(report: MatchReport, words: dict[str, str]) -> MatchReport:
    """Keep what is said a second time, unless it says nothing new."""
    said = {(one["by"], one["reason"], one["note"]) for one in report.words}
    if (words["by"], words["reason"], words["note"]) not in said and len(report.words) < MOST_WORDS:
        report.words = [*report.words, words]
        MatchReport.everyone.filter(pk=report.pk).update(words=report.words)
        if report.card is not None:
            report.card.about["words"] = report.words
            report.card.save(update_fields=["about"])
    return report


def _refuse_too_many(merchant: Merchant) -> None:
    since = timezone.now() - dt.timedelta(days=1)
    if MatchReport.everyone.filter(shop__merchant=merchant, created_at__gt=since).count() >= MOST_A_DAY:
        raise TooManyReports(f"No more than {MOST_A_DAY} matches can be reported in a day; please write to us instead.")


def _open_card(match: Match, report: MatchReport, shown: list[dict[str, Any]]) -> ReviewCard:
    """Ask a person, with the merchant's words and the units that open orders hold."""
    card = ReviewCard.everyone.create(
        product=match.variant.product,
        kind="report",
        reason=f"{match.shop.name} says: {report.reason_words}.",
        evidence_class=match.method,
        candidates=shown,
        money_minor=price_in_cents(match.variant, match.shop.currency),
        about={
            "match": match.pk,
            "shop": match.shop.name,
            "by": report.words[0]["by"],
            "words": report.words,
            "held_units": _held_units(match.item_id, match.variant),
        },
    )
    card.changes.create(to_status="open", by=report.words[0]["by"], reason=card.reason)
    return card


def _held_units(item_id: int, variant: Variant) -> int:
    """Count the units of the item that open orders hold now, at this shop or a partner's: they are sent as placed."""
    stock = Match.everyone.filter(item=item_id, status="linked").values("variant__inventory_item")
    claims = Claim.everyone.filter(status="live")
    held = claims.filter(level__inventory_item__in=stock) | claims.filter(
        level__inventory_item=variant.inventory_item_id
    )
    return held.aggregate(units=Sum("quantity"))["units"] or 0


def _decide_shelves(match: Match) -> None:
    """Decide the item's shelves at once; the mark stays for the sweep, should this decision be lost on the way."""
    mark_items({match.item_id})
    distribute_items([match.item_id])


def answer_report(card: ReviewCard, same: bool, *, by: str, seen: Mapping[str, Any] | None = None) -> str:
    """Decide a report: the same, and the link stands again, or not, and it never does; returns the report's status.

    The merchant is told. *Locks* matching and the card. *Again*: NotPossible. Raises Busy while another reviewer holds it.
    """
    with transaction.atomic():
        wait_for_matcher()
        card = hold_doubt(card, "report", by=by)
        report = (
            MatchReport.everyone.select_for_update(of=("self",)).select_related("match__variant", "shop").get(card=card)
        )
        match = report.match
        _provisional_no(match, report).filter(undone_at=None).update(undone_at=timezone.now())
        words = {"card": card.pk, "report_decided": report.pk, **(seen or {})}
        said = {(match.variant_id, match.item_id): words}
        if same:
            said |= {(row["theirs"], match.item_id): words for one in card.candidates for row in one["sizes"]}
        say_all(said, same=same, by=by)
        if same:
            evidence = ["A person looked at both after a report and said they are the same."]
            decided = {"method": "person", "evidence": evidence, "probability": 1.0, "decided_by": by}
            link_again(match, by=by, reason="the report was not upheld", **decided, decided_at=timezone.now())
        else:
            let_go(match, by=by, reason="a merchant's report was upheld")
        status = "refused" if same else "upheld"
        move(report, status, by=by, decided_by=by, decided_at=timezone.now())
        close_doubt(card, same=same, by=by)
        _tell(report)
    return status


def undo_report(card: ReviewCard, *, by: str) -> None:
    """Take the decision of a report back: the card is open again and nothing goes through the link until it is decided anew.

    *Locks* as answer_report does. Raises NotPossible when it is not decided.
    """
    with transaction.atomic():
        wait_for_matcher()
        card = reopen_doubt(card, by=by, lease=LEASE)
        report = (
            MatchReport.everyone.select_for_update(of=("self",)).select_related("match__variant", "shop").get(card=card)
        )
        match = report.match
        unsay_card(card)
        _say_provisionally_no(match, report, by=report.words[0]["by"])
        if match.status != "ask":
            move(match, "ask", by=by, reason="the decision about its report was undone")
        move(report, "open", by=by, reason="undone", decided_by="", decided_at=None)
        _decide_shelves(match)


def _tell(report: MatchReport) -> None:
    """Tell the merchant what became of its report, once per decision."""
    variant = report.match.variant
    name = f"{variant.product.title}, {variant.size_label or variant.title}".strip(", ")
    if report.status == "upheld":
        subject = f"Your report was right: {name}"
        body = (
            "It is no longer linked with the partners' product. Nothing of it is offered or filled through that link."
        )
    else:
        subject = f"Checked after your report: {name} is the same"
        body = (
            "A person compared both products and found them to be the same, so the link stands again. "
            "A rule of yours can keep the product off your shelf all the same."
        )
    decided = report.decided_at.isoformat() if report.decided_at else ""
    link = f"/products/{variant.product_id}/"
    give_notice(report.shop, "match_report", f"match_report:{report.pk}:{decided}", subject, body, link)
