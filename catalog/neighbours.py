"""Read, for a batch of variants, everybody they might be the same as: one query per kind of key, in matching's own values."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from catalog.matching.normalising import Normalised, VariantIn, normalise
from catalog.models import BrandAlias, Match, Variant, Verdict

COMPARED_PER_BRAND = 4000


@dataclass
class Neighbourhood:
    """The due variants and everybody around them: rows as saved, and their comparable facts by variant id."""

    due: list[Variant]
    rows: dict[int, Variant] = field(default_factory=dict)
    facts: dict[int, Normalised] = field(default_factory=dict)
    linked: dict[int, Match] = field(default_factory=dict)  # by variant id
    must: set[frozenset[int]] = field(default_factory=set)
    cannot: set[frozenset[int]] = field(default_factory=set)


def read_variants(where: Q) -> list[Variant]:
    """Read variants with what normalising needs, in one query."""
    return list(Variant.everyone.filter(where).select_related("product", "shop__merchant").order_by("pk"))


def as_received(variant: Variant) -> VariantIn:
    """Hand a mirrored variant to the matching package as the shop wrote it."""
    product, shop = variant.product, variant.shop
    return VariantIn(
        id=variant.pk,
        shop_id=variant.shop_id,
        product_ref=str(variant.product_id),
        title=product.title,
        vendor=product.vendor,
        options=tuple((str(name), str(value)) for name, value in variant.options),
        sku=variant.sku,
        barcode=variant.barcode,
        tags=tuple(product.tags),
        product_type=product.product_type,
        price_minor=variant.price_minor,
        currency=shop.currency,
        article_code=variant.article_code,
        shop_names=(shop.name, shop.merchant.name),
    )


def brand_aliases() -> dict[str, str]:
    """The brands' other names that people have confirmed."""
    return dict(BrandAlias.objects.values_list("alias", "brand_key"))


def around(due: Sequence[Variant]) -> Neighbourhood:
    """Gather everybody who shares a barcode, a brand and article code, or an item with one of the due variants."""
    found = Neighbourhood(list(due))
    aliases = brand_aliases()
    alive = [variant for variant in due if variant.deleted_at is None]
    for variant in alive:
        _add(found, variant, aliases)
    gtins = {facts.gtin.value for facts in found.facts.values() if facts.gtin.value}
    codes = {(facts.brand, facts.code.value) for facts in found.facts.values() if facts.brand and facts.code.value}
    items = _items_of([variant.pk for variant in due])
    said = set(Verdict.objects.filter(variant__in=found.facts, undone_at=None).values_list("item_id", flat=True))
    near = Q(gtin__in=gtins) if gtins else Q(pk__in=[])
    if codes:
        near |= Q(code__in={code for _, code in codes}, brand_key__in={brand for brand, _ in codes})
    if items or said:
        near |= Q(matches__item__in=items | said, matches__status="linked")
        near |= Q(verdicts__item__in=items | said, verdicts__undone_at=None)
    for variant in read_variants(Q(pk__in=Variant.everyone.filter(near, deleted_at=None).values("pk"))):
        _add(found, variant, aliases)
    found.linked = linked_matches(found.rows)
    _add_verdicts(found)
    return found


def same_brand(found: Neighbourhood, unlinked: Collection[int]) -> dict[int, Normalised]:
    """Read one variant of each product and colour of the brands that still look for a match; bounded per call."""
    brands = {found.facts[pk].brand for pk in unlinked if found.facts[pk].brand}
    if not brands:
        return {}
    first = (
        Variant.everyone.filter(brand_key__in=brands, deleted_at=None, product__status="active")
        .order_by("product_id", "colour_key", "pk")
        .distinct("product_id", "colour_key")
        .values("product_id")[:COMPARED_PER_BRAND]
    )
    products = set(first.values_list("product_id", flat=True))
    aliases = brand_aliases()
    rows = read_variants(Q(product__in=products, deleted_at=None))
    for row in rows:
        found.rows.setdefault(row.pk, row)
    return {row.pk: found.facts.get(row.pk) or normalise(as_received(row), brand_aliases=aliases) for row in rows}


def linked_matches(variant_ids: Iterable[int]) -> dict[int, Match]:
    """Read the standing match of each of these variants."""
    rows = Match.everyone.filter(variant__in=list(variant_ids), status="linked").select_related("item")
    return {match.variant_id: match for match in rows}


def _add(found: Neighbourhood, variant: Variant, aliases: dict[str, str]) -> None:
    if variant.pk not in found.rows:
        found.rows[variant.pk] = variant
        found.facts[variant.pk] = normalise(as_received(variant), brand_aliases=aliases)


def _items_of(variant_ids: Collection[int]) -> set[int]:
    linked = Match.everyone.filter(variant__in=variant_ids, status="linked")
    return set(linked.values_list("item_id", flat=True))


def _add_verdicts(found: Neighbourhood) -> None:
    """Turn what people said into pairs: said of one item to be the same, they belong together; said not to be, never."""
    verdicts = list(
        Verdict.objects.filter(variant__in=found.rows, undone_at=None).values_list("variant_id", "item_id", "same")
    )
    members: dict[int, set[int]] = {}
    for match in found.linked.values():
        members.setdefault(match.item_id, set()).add(match.variant_id)
    for variant, item, same in verdicts:
        if same:
            members.setdefault(item, set()).add(variant)
    for variant, item, same in verdicts:
        others = members.get(item, set()) - {variant}
        pairs = {frozenset((variant, other)) for other in others}
        if same:
            found.must |= pairs
        else:
            found.cannot |= pairs
    found.must -= found.cannot
