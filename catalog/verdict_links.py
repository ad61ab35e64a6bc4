"""What a person's yes and no do: verdicts on variants and items, links, and items for those who stood for none yet."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from catalog.mark import mark_items
from catalog.match import save_links
from catalog.models import Item, Match, Product, Style, Variant
from catalog.verdicts import say_all
from skuu.kit.states import move

Pair = tuple[int, int]
NEEDED = (
    "shop", "product", "size_key", "size_label", "colour_key", "brand_key", "code", "code_level", "gender"
)  # fmt: skip


def link_pairs(pairs: Sequence[Pair], *, by: str, seen: dict[str, Any]) -> int:
    """Make each pair of variants one item, as far as every shop stands in it once; returns how many were linked.

    Whoever stands with others already keeps them: the one without company joins the other's item, and two items with
    company become one, the smaller part moving. *Again*: no change. The caller holds the matcher's lock.
    """
    rows = _living({pk for pair in pairs for pk in pair})
    pairs = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
    before = linked_matches({pk for pair in pairs for pk in pair})
    items = ensure_items([rows[theirs] for mine, theirs in pairs if mine not in before], before, by=by)
    items |= {pk: match.item_id for pk, match in before.items()}
    members = _members(set(items.values()))
    moves = _Moves(by, members)
    said: dict[Pair, dict[str, Any]] = {}
    linked = 0
    for mine, theirs in pairs:
        item = moves.join(rows[mine], rows[theirs], items)
        if item is not None:
            said |= {(mine, item): seen, (theirs, item): seen}
            linked += 1
    say_all(said, same=True, by=by)
    moves.write()
    return linked


class _Moves:
    """Who changes items because of a person's yes, gathered and written at once."""

    def __init__(self, by: str, members: dict[int, dict[int, Match]]) -> None:
        self.by = by
        self.members = members  # item → shop → its standing match
        self.leaving: list[Match] = []
        self.wanted: list[Match] = []
        self.touched: set[int] = set()

    def join(self, mine: Variant, theirs: Variant, items: dict[int, int]) -> int | None:
        """Put two variants into one item and name it; None where a shop would stand in it twice. Updates `items`."""
        here, there = items.get(mine.pk), items.get(theirs.pk)
        if here is not None and here == there:
            return here
        if here is None or there is None:
            stays, comes = (there, mine) if here is None else (here, theirs)
            moving: list[tuple[Variant, Match | None]] = [(comes, None)]
        else:
            fewer = len(self.members[here]) <= len(self.members[there])
            stays, leaves = (there, here) if fewer else (here, there)
            asked = mine if leaves == here else theirs
            moving = [(asked, self.members[leaves][asked.shop_id])]
            moving += [
                (match.variant, match) for match in self.members[leaves].values() if match.variant_id != asked.pk
            ]
        if stays is None or moving[0][0].shop_id in self.members[stays]:
            return None
        for variant, old in moving:
            if variant.shop_id not in self.members[stays]:
                self._move(variant, old, stays, is_asked=variant.pk in (mine.pk, theirs.pk))
                items[variant.pk] = stays
        return stays

    def _move(self, variant: Variant, old: Match | None, item: int, *, is_asked: bool) -> None:
        """Move one variant; who only comes along keeps the evidence it stood by, for the machine to judge."""
        fresh = _by_person(variant, item, ["A person looked at both and said they are the same."], self.by)
        if old is not None and not is_asked:
            fresh.method, fresh.evidence, fresh.probability = old.method, old.evidence, old.probability
        if old is not None:
            self.leaving.append(old)
            self.touched.add(old.item_id)
            self.members[old.item_id].pop(variant.shop_id, None)
        self.members[item][variant.shop_id] = fresh
        self.wanted.append(fresh)
        self.touched.add(item)

    def write(self) -> None:
        """Let go of the old links, make the new ones, and mark every item whose shelves they touch."""
        for old in self.leaving:
            move(old, "withdrawn", by=self.by, reason="a person said it is the same as another item")
        save_links(self.wanted, by=self.by)
        mark_items(self.touched)


def release_lonely(items: Collection[int], *, by: str) -> set[int]:
    """Let variants go of items that were made for them when somebody looked, and where nobody else stands; names them."""
    lonely = set()
    for own in _members(set(items)).values():
        match = next(iter(own.values())) if len(own) == 1 else None
        if match is not None and match.method == "own":
            move(match, "withdrawn", by=by, reason="the decision that made this item was undone")
            lonely.add(match.variant_id)
    return lonely


def _members(items: Collection[int]) -> dict[int, dict[int, Match]]:
    """Who stands in each of these items, by shop."""
    found: dict[int, dict[int, Match]] = {item: {} for item in items}
    rows = Match.everyone.filter(item__in=items, status="linked").select_related("variant")
    for match in rows.order_by("pk"):
        found[match.item_id][match.shop_id] = match
    return found


def refuse_pairs(pairs: Collection[Pair], *, by: str, seen: dict[str, Any]) -> None:
    """Keep that the first of each pair is not what the second stands for. The caller holds the matcher's lock."""
    rows = _living({pk for pair in pairs for pk in pair})
    kept = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
    others = {theirs for _, theirs in kept}
    items = ensure_items([rows[pk] for pk in sorted(others)], linked_matches(others), by=by)
    say_all({(mine, items[theirs]): seen for mine, theirs in kept}, same=False, by=by)


def ensure_items(variants: Sequence[Variant], standing: Mapping[int, Match], *, by: str) -> dict[int, int]:
    """Name the item each variant stands for; those that stand for none get their own, in the style of their product's colour.

    A handful of queries, however many variants.
    """
    items = {row.pk: standing[row.pk].item_id for row in variants if row.pk in standing}
    alone = {row.pk: row for row in variants if row.pk not in items}
    if not alone:
        return items
    styles = _styles_of(list(alone.values()))
    made = Item.objects.bulk_create(
        Item(style_id=styles[_unit(row)], size_key=row.size_key, size_label=row.size_label) for row in alone.values()
    )
    own = [
        Match(variant=row, shop_id=row.shop_id, item=item, status="linked", method="own", decided_by=by)
        for row, item in zip(alone.values(), made, strict=True)
    ]
    save_links(own, by=by)
    return items | {match.variant_id: match.item_id for match in own}


def _styles_of(variants: Sequence[Variant]) -> dict[tuple[int, str], int]:
    """The style that each product has in each of these colours; missing ones are made."""
    rows = Match.everyone.filter(variant__product__in={row.product_id for row in variants}, status="linked")
    known: dict[tuple[int, str], int] = {}
    for product, colour, style in rows.values_list("variant__product_id", "variant__colour_key", "item__style_id"):
        known.setdefault((product, colour), style)
    missing = {_unit(row): row for row in reversed(variants) if _unit(row) not in known}
    pages = Product.everyone.in_bulk([product for product, _ in missing])
    made = Style.objects.bulk_create(_style(row, pages[row.product_id]) for row in missing.values())
    return known | {unit: style.pk for unit, style in zip(missing, made, strict=True)}


def _unit(row: Variant) -> tuple[int, str]:
    return row.product_id, row.colour_key


def _style(row: Variant, page: Product) -> Style:
    return Style(
        brand_key=row.brand_key,
        code=row.code if row.code_level == "full" else "",
        title=page.title,
        colour_key=row.colour_key,
        gender=row.gender,
        category=page.product_type,
        image_url=page.image_url,
    )


def _by_person(row: Variant, item: int, evidence: list[str], by: str) -> Match:
    return Match(
        variant=row, shop_id=row.shop_id, item_id=item, status="linked", method="person",
        evidence=evidence, probability=1.0, decided_by=by,
    )  # fmt: skip


def linked_matches(variant_ids: Collection[int]) -> dict[int, Match]:
    """Say what each of these variants stands for now."""
    rows = Match.everyone.filter(variant__in=variant_ids, status="linked")
    return {match.variant_id: match for match in rows}


def _living(ids: set[int]) -> dict[int, Variant]:
    rows = Variant.everyone.filter(pk__in=ids, deleted_at=None).only(*NEEDED).order_by("pk")
    return {row.pk: row for row in rows}
