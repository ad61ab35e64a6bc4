"""Given back, still held → held no longer: what comes back leaves a dispute or an objection first, so that it is given back once."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from orders.models import Return
from orders.object_grade import mark_held
from settlement.models import Dispute, DisputeMessage
from settlement.post import Draft
from settlement.splitting import Hold, Posting, take_out
from settlement.standing import Standing
from skuu.kit.errors import NotPossible
from skuu.kit.money import Money
from skuu.kit.states import move


class MoreThanTheSale(NotPossible):
    """A return would give back more than the selling shop still owes for the sale."""

    code = "more_than_the_sale"


@dataclass(frozen=True, slots=True)
class Freed:
    """So much left a hold, gross in minor units, because of a return."""

    hold: Hold
    minor: int
    number: str
    currency: str


def free_what_comes_back(
    standing: Standing, draft: Draft, returned: Return
) -> tuple[Standing, list[Draft], list[Freed]]:
    """Tell how a sale stands once a return's draft is posted, what is posted before it, and what leaves which hold.

    What is freed is pending with the return, and released with it: it is payable to nobody in between. Raises MoreThanTheSale.
    """
    origin, shipper = draft.facts["origin"]["merchant"], draft.facts["shipper"]["merchant"]
    gross = -sum(line.amount for line in draft.postings if line.merchant == origin and line.counterparty == shipper)
    if gross > standing.owed:
        raise MoreThanTheSale(
            f"{Money(gross, draft.currency).format()} would be given back of a sale that stands for "
            f"{Money(standing.owed, draft.currency).format()}.",
            most=standing.owed,
        )
    taken = take_out(standing.holds, gross=gross, owed=standing.owed - gross, returned=returned.pk)
    pairs = [(hold, out) for hold, out in zip(standing.holds, taken, strict=True) if out]
    freed = [Freed(hold, out, returned.number, draft.currency) for hold, out in pairs]
    drafts = [_freeing(one, draft, returned, origin, shipper) for one in freed]
    return standing.less(draft.facts, gross, taken), drafts, freed


def note_freed(freed: Iterable[Freed]) -> None:
    """Lower what disputes and objections hold by what left them, and tell the parties; a dispute that holds nothing has ended.

    Call it in the transaction that posted it, with the internal orders locked.
    """
    for one in freed:
        if one.hold.what == "objection":
            mark_held(one.hold.pk, one.hold.minor - one.minor)
        else:
            _note_dispute(one)


def _note_dispute(one: Freed) -> None:
    shown, left = Money(one.minor, one.currency).format(), one.hold.minor - one.minor
    if left:
        Dispute.everyone.filter(pk=one.hold.pk).update(amount=left)
        rest = f"What is disputed from now on is {Money(left, one.currency).format()}."
    else:
        rest = "Nothing of what was disputed is left; open another dispute if something else is wrong."
    text = f"{one.number} came back and was posted: {shown} of what is disputed is not owed any more. {rest}"
    DisputeMessage.everyone.create(dispute_id=one.hold.pk, author=None, by=settings.NETWORK_NAME, text=text)
    if not left:
        row = Dispute.everyone.get(pk=one.hold.pk)
        reason = f"All of it came back with {one.number}."
        also = {"status_reason": reason, "to_origin": 0, "ended_at": timezone.now()}
        move(row, "resolved", by=settings.NETWORK_NAME, reason=reason, **also)


def _freeing(one: Freed, draft: Draft, returned: Return, origin: int, shipper: int) -> Draft:
    what, minor = one.hold.what, one.minor
    return Draft(
        key=f"hold:{what}:{one.hold.pk}:return:{returned.pk}",
        kind="hold",
        ref=f"return:{returned.number}",
        effective_on=draft.effective_on,
        currency=draft.currency,
        postings=(
            Posting(origin, "merchant_hold", -minor, "hold", shipper),
            Posting(origin, "merchant_pending", minor, "hold", shipper),
            Posting(shipper, "merchant_hold", minor, "hold", origin),
            Posting(shipper, "merchant_pending", -minor, "hold", origin),
        ),
        internal_order=draft.internal_order,
        facts={name: draft.facts[name] for name in ("number", "origin", "shipper")}
        | {"return": returned.number, "reason": f"Held no longer: came back with {returned.number}"},
    )
