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

    A variant that was another item leaves it. *Again*: no change. The caller holds the matcher's lock.
    """
    rows = _living({pk for pair in pairs for pk in pair})
    pairs = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
    before = linked_matches({pk for pair in pairs for pk in pair})
    items = ensure_items([rows[theirs] for _, theirs in pairs], before, by=by)
    sitting = Match.everyone.filter(item__in=items.values(), status="linked")
    taken = {(item, shop): variant for item, shop, variant in sitting.values_list("item_id", "shop_id", "variant_id")}
    touched, wanted, linked = set(), [], 0
    said: dict[Pair, dict[str, Any]] = {}
    evidence = [f"{by} looked at both and said they are the same."]
    for mine, theirs in pairs:
        item, shop, old = items[theirs], rows[mine].shop_id, before.get(mine)
        if taken.setdefault((item, shop), mine) != mine:
            continue
        said |= {(mine, item): seen, (theirs, item): seen}
        linked += 1
        if old is not None and old.item_id == item:
            continue
        if old is not None:
            move(old, "withdrawn", by=by, reason="a person said it is another item")
            touched.add(old.item_id)
        touched.add(item)
        wanted.append(_by_person(rows[mine], item, evidence, by))
    say_all(said, same=True, by=by)
    save_links(wanted, by=by)
    mark_items(touched)
    return linked


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
