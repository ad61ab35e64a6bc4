"""Turn an engine's clusters into links: who joins which item, who leaves, whose turn comes next; ids stay with most shops.

A change moves the rows of its own product only, and brings a second look to others. A new row, never matched before, to all
who are something else by it, so that the order of arrival changes nothing. An edit only to whom it leaves or to whom it
brings back: what it would otherwise change about rows of others is held, so that one shop's mistake stays its own.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.matching.engine import LINKED, Batch, Link
from catalog.neighbours import Neighbourhood, Row

KEPT = ("own", "person")  # methods that no machine takes back


@dataclass(slots=True)
class Join:
    """One cluster's item, None for a new one, and the links that go to it."""

    item: int | None
    links: list[Link]  # those who join
    members: list[Link]  # the whole cluster


@dataclass(slots=True)
class Plan:
    """What is to be written."""

    joins: list[Join] = field(default_factory=list)
    leave: dict[int, str] = field(default_factory=dict)  # variant → why
    look_again: set[int] = field(default_factory=set)
    restate: list[Link] = field(default_factory=list)  # they stay, for another reason than before
    held: dict[tuple[int, int], set[int]] = field(default_factory=dict)  # (item, other): who would go there, or apart

    @property
    def is_empty(self) -> bool:
        return not (self.leave or self.restate or any(join.links for join in self.joins))


def plan_links(
    found: Neighbourhood,
    batch: Batch,
    due: Collection[int],
    new: Collection[int],
    stopped: Collection[str],
    left: Collection[int] | None = None,
) -> Plan:
    """Compare clusters with what stands.

    `due` are the rows that may move, `new` those of them never matched before. `left` are the items in which edited or
    deleted rows stood; None where there was no edit, but a second look.
    """
    clusters = _clusters(found, batch, stopped)
    of = {int(link.id): key for key, links in clusters.items() for link in links}
    owner = _owners(found, of)
    standing = {pk: row.item_id for pk, row in found.rows.items() if row.item_id is not None}
    plan = Plan()
    target: dict[str, int | None] = {}
    for key, links in sorted(clusters.items()):
        is_new = any(int(link.id) in new for link in links)
        target[key] = _target(key, links, standing, owner, () if is_new else due)
        if any(int(link.id) in due for link in links):
            _join(plan, found, links, target[key], standing, due)
    going = {int(link.id) for join in plan.joins for link in join.links}
    _leave(plan, found, of, clusters, due, going)
    others = _others(found, of, target, due, going | plan.leave.keys())
    if others and new:
        plan.look_again |= others
    elif others and left is not None:
        styles = {row.style_id for pk, row in found.rows.items() if pk in due or row.item_id in left} - {None}
        _after_edit(plan, found, of, owner, target, others, styles)
    plan.look_again |= _going_together(plan, found, clusters, target, due, going)
    return plan


def _going_together(
    plan: Plan,
    found: Neighbourhood,
    clusters: Mapping[str, Sequence[Link]],
    target: Mapping[str, int | None],
    due: Collection[int],
    going: Collection[int],
) -> set[int]:
    """Name the due rows that leave an item only together with others, whose turn comes next: theirs comes again then."""
    waiting: set[int] = set()
    for key, links in clusters.items():
        members = {int(link.id) for link in links}
        if target[key] is None and not members.isdisjoint(plan.look_again):
            waiting |= {pk for pk in members if pk in due and pk not in going and found.rows[pk].method not in KEPT}
    return waiting


def _after_edit(
    plan: Plan,
    found: Neighbourhood,
    of: Mapping[int, str],
    owner: Mapping[int, str],
    target: Mapping[str, int | None],
    others: Collection[int],
    left: Collection[int | None],
) -> None:
    """Have those looked at again who stand for nothing yet or who were left; hold what else an edit would change."""
    for pk in others:
        row, key = found.rows[pk], of.get(pk)
        goal = target[key] if key is not None else None
        if row.item_id is None:
            plan.look_again.add(pk)
        elif key is not None and goal is not None and owner.get(row.item_id) == key:
            plan.held.setdefault((row.item_id, goal), set()).add(pk)
        elif row.style_id in left:
            plan.look_again.add(pk)
        else:
            plan.held.setdefault((row.item_id, row.item_id), set()).add(pk)


def _clusters(found: Neighbourhood, batch: Batch, stopped: Collection[str]) -> dict[str, list[Link]]:
    """Gather who belongs together; a stopped class brings nobody new, and who stands by it already stays."""
    clusters: dict[str, list[Link]] = defaultdict(list)
    for link in batch.links:
        if link.status == LINKED and (link.method not in stopped or found.rows[int(link.id)].item_id is not None):
            clusters[link.item].append(link)
    return {key: links for key, links in clusters.items() if len(links) > 1}


def _owners(found: Neighbourhood, of: Mapping[int, str]) -> dict[int, str]:
    """Say which cluster keeps each item's id: the one with most of its shops, the one with its oldest row when they tie."""
    parts: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, row in found.rows.items():
        if row.item_id is not None and pk in of:
            parts[row.item_id][of[pk]].append(pk)
    return {item: min(own, key=lambda key: (-len(own[key]), min(own[key]))) for item, own in parts.items()}


def _target(
    key: str, links: Sequence[Link], standing: Mapping[int, int], owner: Mapping[int, str], due: Collection[int]
) -> int | None:
    """Choose the cluster's item: that of most members; where only an edited row may move, that of those who stay."""
    votes: Counter[int] = Counter()
    stay: Counter[int] = Counter()
    for link in links:
        item = standing.get(int(link.id))
        if item is not None and owner[item] == key:
            votes[item] += 1
            stay[item] += bool(due) and int(link.id) not in due
    return min(votes, key=lambda item: (-stay[item], -votes[item], item)) if votes else None


def _join(
    plan: Plan,
    found: Neighbourhood,
    links: Sequence[Link],
    item: int | None,
    standing: Mapping[int, int],
    due: Collection[int],
) -> None:
    joining: list[Link] = []
    for link in links:
        pk = int(link.id)
        at = standing.get(pk)
        if at is not None and at == item:
            if pk in due and found.rows[pk].method not in (*KEPT, link.method):
                plan.restate.append(link)
            continue
        if at is not None and pk not in due:
            continue
        if (pk, item) not in found.refused:
            joining.append(link)
    here = {pk for link in links if (pk := int(link.id)) in standing and standing[pk] == item}
    if len(joining) + len(here) > 1:
        plan.joins.append(Join(item, joining, list(links)))


def _leave(
    plan: Plan,
    found: Neighbourhood,
    of: Mapping[int, str],
    clusters: Mapping[str, Sequence[Link]],
    due: Collection[int],
    going: Collection[int],
) -> None:
    """Let go of due rows that go elsewhere, and of those nothing certain speaks for any more."""
    for pk in due:
        row = found.rows.get(pk)
        if row is None or row.item_id is None:
            continue
        if pk in going:
            plan.leave[pk] = "it belongs to another item now"
        elif row.method not in KEPT and not _has_mates(found, row, clusters.get(of.get(pk, ""), ())):
            plan.leave[pk] = "nothing certain speaks for it any more"


def _has_mates(found: Neighbourhood, row: Row, cluster: Iterable[Link]) -> bool:
    return any(int(link.id) != row.pk and found.rows[int(link.id)].item_id == row.item_id for link in cluster)


def _others(
    found: Neighbourhood,
    of: Mapping[int, str],
    target: Mapping[str, int | None],
    due: Collection[int],
    moving: Collection[int],
) -> set[int]:
    """Name the rows that stand with others, or for nothing, and are something else by what all say who decide about them."""
    standing = Counter(row.item_id for pk, row in found.rows.items() if row.item_id is not None and pk not in moving)
    others = set()
    for pk, row in found.rows.items():
        if not row.is_whole or pk in due or pk in moving or row.method in KEPT:
            continue
        goal = target[of[pk]] if pk in of else None
        if pk in of and (row.item_id is None or row.item_id != goal):
            others.add(pk)
        elif pk not in of and row.item_id is not None and standing[row.item_id] > 1:
            others.add(pk)
    return others
