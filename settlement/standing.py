"""What sales stand for by now, where a dispute or an objection has touched them: read from the books for many at a time."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, Sum

from orders.models import Objection
from settlement.models import Dispute, Entry, Line
from settlement.splitting import Hold, Item, Left, what_is_left

_AMOUNTS = Item._fields


@dataclass(frozen=True, slots=True)
class Standing:
    """A sale of which something was held or decided; amounts gross, in minor units.

    ``owed`` is what the selling shop owes for it, held or not; ``left`` what each of its items stands for; ``lowered`` are the
    places of those whose price a decision has lowered; ``holds`` what of it is held now.
    """

    owed: int
    left: tuple[Left, ...]
    lowered: frozenset[int] = frozenset()
    holds: tuple[Hold, ...] = ()

    @property
    def worth(self) -> dict[int, Left]:
        """What is left of the items whose price was lowered, by place."""
        return {place: self.left[place] for place in self.lowered}

    def less(self, facts: Mapping[str, Any], gross: int, taken: list[int]) -> "Standing":
        """Tell how it stands once a return with these facts has given ``gross`` back and so much has left its holds."""
        left = list(self.left)
        for place, units, supply, vat in _moved(facts, {}):
            was = left[place]
            left[place] = Left(was.units + units, was.supply + supply, was.vat + vat)
        holds = (hold._replace(minor=hold.minor - out) for hold, out in zip(self.holds, taken, strict=True))
        return replace(
            self, owed=self.owed - gross, left=tuple(left), holds=tuple(hold for hold in holds if hold.minor)
        )


def sales_of(orders: Collection[int]) -> dict[int, Entry]:
    """Find the entries of the sales of internal orders, by internal order; a sale that was reversed is none."""
    found: dict[int, Entry] = {}
    for entry in Entry.objects.filter(kind="ship", internal_order__in=orders, reversed_by=None):
        if entry.internal_order_id is not None:
            found[entry.internal_order_id] = entry
    return found


def read_standings(sales: Mapping[int, Entry]) -> dict[int, Standing]:
    """Read how those of these sales stand of which something was ever held; whoever calls has their internal orders locked."""
    entries = Entry.objects.filter(internal_order__in=list(sales))
    touched = entries.filter(kind__in=("hold", "resolve")).values_list("internal_order", flat=True)
    orders = {order for order in touched if order is not None}
    if not orders:
        return {}
    owed, holds, since = _owed(orders), _holds(orders), _since(orders)
    found = {}
    for order in orders:
        items, sent, places = read_items(sales[order].facts)
        moved = [(kind, *one) for kind, facts in since.get(order, ()) for one in _moved(facts, places)]
        found[order] = Standing(
            owed=owed.get(order, 0),
            left=tuple(what_is_left(items, sent, (one[1:] for one in moved))),
            lowered=frozenset(place for kind, place, *_ in moved if kind == "resolve"),
            holds=tuple(holds.get(order, ())),
        )
    return found


def read_items(facts: Mapping[str, Any]) -> tuple[list[Item], list[int], dict[Any, int]]:
    """Read a sale's items, the units of each, and the place of each by what is the same in its sale and in what came back."""
    told = facts["items"]
    places = {_mark(one): place for place, one in enumerate(told)}
    return [Item(*(one[name] for name in _AMOUNTS)) for one in told], [one["quantity"] for one in told], places


def _mark(item: Mapping[str, Any]) -> Any:
    return item.get("order_line") or item["kind"]


def _moved(facts: Mapping[str, Any], places: Mapping[Any, int]) -> Iterator[tuple[int, int, int, int]]:
    """Give place, units, supply and VAT of what an entry about a sale moves, as posted; older ones name no place."""
    for item in facts.get("items", ()):
        place = item["place"] if "place" in item else places[_mark(item)]
        yield place, item["quantity"], item["supply"], item["vat"]


def _since(orders: Collection[int]) -> dict[int, list[tuple[str, dict[str, Any]]]]:
    """Read what came back and what was decided, as far as it was not reversed."""
    found: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    entries = Entry.objects.filter(internal_order__in=orders, kind__in=("return", "resolve"), reversed_by=None)
    for order, kind, facts in entries.order_by("pk").values_list("internal_order", "kind", "facts"):
        found.setdefault(order or 0, []).append((kind, facts))
    return found


def _owed(orders: Collection[int]) -> dict[int, int]:
    lines = Line.objects.filter(
        entry__internal_order__in=orders,
        account__merchant=F("entry__internal_order__order__shop__merchant"),
        counterparty=F("entry__internal_order__shipper__merchant"),
    ).exclude(entry__kind="release")
    sums = lines.values("entry__internal_order").annotate(sum=Sum("amount"))
    return {order: int(total) for order, total in sums.values_list("entry__internal_order", "sum")}


def _holds(orders: Collection[int]) -> dict[int, list[Hold]]:
    """List what is held: the open dispute first, then objections, the newest first."""
    found: dict[int, list[Hold]] = {}
    for row in Dispute.everyone.filter(internal_order__in=orders, status="open"):
        hold = Hold("dispute", row.pk, row.amount, of_goods=row.reason in Dispute.OF_GOODS)
        found.setdefault(row.internal_order_id, []).append(hold)
    rows = Objection.everyone.filter(returned__internal_order__in=orders, held_minor__gt=0).order_by("-pk")
    names = ("returned__internal_order", "pk", "held_minor", "correction")
    for order, pk, minor, correction in rows.values_list(*names):
        found.setdefault(order, []).append(Hold("objection", pk, minor, correction=correction))
    return found
