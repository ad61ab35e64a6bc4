"""Aliases: words that mean the same brand or colour, proposed from people's verdicts, confirmed by people, then read by all.

Two products that a person confirmed as the same, whose brands or colours are written differently, are evidence that one word
is another name of the other. Nothing is learnt without a yes; what a yes changes is read and matched anew.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from catalog.matching.brand import is_known
from catalog.matching.colour import COLOUR_WORDS, normalise_colour
from catalog.matching.folding import slug
from catalog.models import AliasProposal, BrandAlias, ColourAlias, Variant
from skuu.kit.errors import NotFound, NotPossible
from skuu.kit.jobs import ring
from skuu.kit.states import move

BRAND, COLOUR = "brand", "colour"
RAW = "raw:"  # how a colour that nobody can read is keyed
BASES = frozenset(COLOUR_WORDS.values())
MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an alias would change: so many variants of so many products and shops are read and matched anew."""

    variants: int
    products: int
    shops: int


# --- proposing --------------------------------------------------------------------------------------------------------
# Pairs of variants of which people said that they are the same item, one row per pair of products: sizes are no new evidence.
_SAID = """
with same as (
  select d.item_id, v.id, v.product_id, v.shop_id, v.brand_key, v.colour_key, p.title
  from catalog_verdict d join catalog_variant v on v.id = d.variant_id join catalog_product p on p.id = v.product_id
  where d.same and d.undone_at is null
)
select {word} as word, {meaning} as meaning, count(distinct (one.product_id, other.product_id)),
  count(distinct one.shop_id), (array_agg(distinct one.title || E'\\n' || other.title))[1:{most}]
from same one join same other on other.item_id = one.item_id and other.product_id <> one.product_id
where {differ} group by 1, 2
"""
_BRANDS = {
    "word": "one.brand_key",
    "meaning": "other.brand_key",
    "differ": "one.brand_key <> '' and other.brand_key <> '' and one.brand_key <> other.brand_key",
}
_COLOURS = {
    "word": "substr(one.colour_key, 5)",
    "meaning": "other.colour_key",
    "differ": "one.colour_key like 'raw:_%%' and other.colour_key <> '' and other.colour_key not like 'raw:%%'",
}


def propose_aliases() -> int:
    """Gather what verdicts suggest: words nobody knew, beside what they stood for; returns how many wait for a person.

    Two statements over all standing verdicts. *Again*: the counts are renewed; what a person decided stays decided.
    """
    found = [*_brand_proposals(_ask(_BRANDS)), *_colour_proposals(_ask(_COLOURS))]
    known = set(BrandAlias.objects.values_list("alias", flat=True))
    words = set(ColourAlias.objects.values_list("word", flat=True))
    fresh = [one for one in found if one.word not in (known if one.kind == BRAND else words)]
    AliasProposal.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["kind", "word", "meaning"],
        update_fields=["verdicts", "shops", "examples", "seen_at"],
    )
    return AliasProposal.objects.filter(status="open").count()


_Row = tuple[str, str, int, int, list[str]]


def _ask(which: dict[str, str]) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(_SAID.format(most=MOST_EXAMPLES, **which), [])
        return list(cursor.fetchall())


def _brand_proposals(rows: Iterable[_Row]) -> Iterable[AliasProposal]:
    """An unknown name stands for a known one; of two unknown ones the rarer for the more frequent."""
    rows = list(rows)
    names = {name for row in rows for name in row[:2] if not is_known(name)}
    living = Variant.everyone.filter(brand_key__in=names, deleted_at=None)
    count = dict(living.values_list("brand_key").annotate(rows=Count("pk")).order_by())
    for row in rows:
        word, meaning = row[:2]
        if is_known(word):
            continue  # two known brands are two brands, whatever somebody clicked
        if is_known(meaning) or (count.get(word, 0), word) < (count.get(meaning, 0), meaning):
            yield _proposal(BRAND, row)


def _colour_proposals(rows: Iterable[_Row]) -> Iterable[AliasProposal]:
    return (_proposal(COLOUR, row) for row in rows)


def _proposal(kind: str, row: _Row) -> AliasProposal:
    word, meaning, verdicts, shops, titles = row
    examples = [dict(zip(("word", "meaning"), pair.split("\n", 1), strict=True)) for pair in sorted(titles)]
    return AliasProposal(
        kind=kind,
        word=word[:120],
        meaning=meaning[:120],
        verdicts=verdicts,
        shops=shops,
        examples=examples,
        seen_at=timezone.now(),
    )


# --- deciding ---------------------------------------------------------------------------------------------------------
def confirm_proposal(pk: int, *, by: str) -> int:
    """Take a proposal on; returns how many variants are read anew. *Locks* it. *Again*: none. Raises what add_alias does."""
    with transaction.atomic():
        row = _proposed(pk)
        if row.status == "confirmed":
            return 0
        changed = add_alias(row.kind, row.word, row.meaning, by=by)
        move(row, "confirmed", by=by, decided_by=by, decided_at=timezone.now())
    return changed


def reject_proposal(pk: int, *, by: str) -> int:
    """Turn a proposal down; one that was confirmed is forgotten again. Returns how many variants are read anew. *Again*: none."""
    with transaction.atomic():
        row = _proposed(pk)
        if row.status == "rejected":
            return 0
        changed = _forget(row.kind, row.word) if row.status == "confirmed" else 0
        move(row, "rejected", by=by, decided_by=by, decided_at=timezone.now())
    return changed


def _proposed(pk: int) -> AliasProposal:
    row = AliasProposal.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such proposal.")
    return row


def preview_alias(kind: str, word: str, meaning: str) -> Consequence:
    """Count what an alias would have read anew. Reads only. Raises what add_alias does."""
    word, _ = _checked(kind, word, meaning)
    rows = _affected(kind, word)
    counts = rows.aggregate(
        variants=Count("pk"), products=Count("product", distinct=True), shops=Count("shop", distinct=True)
    )
    return Consequence(counts["variants"], counts["products"], counts["shops"])


def add_alias(kind: str, word: str, meaning: str, *, by: str) -> int:
    """Let a word mean a brand or base colours from now on; its variants are read and matched anew. Returns how many.

    ``meaning`` is a brand's name, or colours in order joined by "/". *Again*: the same alias changes nothing.
    Raises NotPossible when the word already means something else, means itself, or the meaning is none.
    """
    word, meaning = _checked(kind, word, meaning)
    with transaction.atomic():
        if kind == BRAND:
            _, made = BrandAlias.objects.get_or_create(alias=word, defaults={"brand_key": meaning, "by": by})
        else:
            _, made = ColourAlias.objects.get_or_create(word=word, defaults={"bases": meaning.split("/"), "by": by})
        return _read_anew(_affected(kind, word)) if made else 0


def remove_alias(kind: str, word: str, *, by: str) -> int:
    """Forget an alias; what it named is read and matched anew. Returns how many variants. *Again*: none."""
    word = slug(word)
    with transaction.atomic():
        changed = _forget(kind, word)
        for row in AliasProposal.objects.select_for_update().filter(kind=kind, word=word, status="confirmed"):
            move(row, "rejected", by=by, reason="the alias was removed", decided_by=by, decided_at=timezone.now())
    return changed


def _forget(kind: str, word: str) -> int:
    if kind == BRAND:
        brand = BrandAlias.objects.select_for_update().filter(alias=word).first()
        meant = Q(brand_key=brand.brand_key) if brand else None
        row: BrandAlias | ColourAlias | None = brand
    else:
        colour = ColourAlias.objects.select_for_update().filter(word=word).first()
        meant = Q(colour_key="/".join(colour.bases)) | _says(word) if colour else None
        row = colour
    if row is None or meant is None:
        return 0
    row.delete()
    return _read_anew(Variant.everyone.filter(meant, deleted_at=None))


def _checked(kind: str, word: str, meaning: str) -> tuple[str, str]:
    """Fold both sides the way the normalisers do, and refuse what could not work."""
    word = slug(word)
    meaning = slug(meaning) if kind == BRAND else "/".join(slug(part) for part in meaning.split("/") if part.strip())
    if kind not in (BRAND, COLOUR):
        raise NotPossible("An alias is of a brand or of a colour.", code="unknown_kind")
    if not word or not meaning or word == meaning or len(word) > 80 or len(meaning) > 120:
        raise NotPossible("Name a word and what else it means.", code="no_alias")
    if kind == COLOUR:
        if strange := [base for base in meaning.split("/") if base not in BASES]:
            said = f"“{strange[0]}” is no base colour; there are {', '.join(sorted(BASES))}."
            raise NotPossible(said, code="unknown_colour")
        if normalise_colour(word).known:
            raise NotPossible(f"“{word}” is a colour that is read already.", code="already_known")
        before = ColourAlias.objects.filter(word=word).first()
        stands = "/".join(before.bases) if before else meaning
    else:
        named = BrandAlias.objects.filter(alias=word).first()
        stands = named.brand_key if named else meaning
        if BrandAlias.objects.filter(alias=meaning).exists():
            raise NotPossible(f"“{meaning}” is itself another name; name the brand.", code="chain")
    if stands != meaning:
        raise NotPossible(f"“{word}” already means “{stands}”; remove that first.", code="already_means")
    return word, meaning


def _affected(kind: str, word: str) -> QuerySet[Variant]:
    """Select the living variants that are written with the word."""
    living = Variant.everyone.filter(deleted_at=None)
    if kind == BRAND:
        return living.filter(Q(brand_key=word) | Q(product__vendor__iexact=word))
    unread = Q(colour_key=f"{RAW}{word}"[:80]) | Q(colour_key__regex=rf"^{RAW}.*\m{word}\M")
    return living.filter(unread | _says(word))


def _says(word: str) -> Q:
    """Select by the shop's own text: a colour of several words is keyed by those that could be read, not by this one."""
    text = r"\m" + r"[^[:alnum:]]+".join(map(re.escape, word.split())) + r"\M"
    return Q(options__iregex=text) | Q(product__title__iregex=text)


def _read_anew(rows: QuerySet[Variant]) -> int:
    from catalog import tasks

    ids = rows.order_by().values("pk")
    changed = Variant.everyone.filter(pk__in=ids).update(match_due_at=timezone.now(), norm_version=0)
    if changed:
        ring(tasks.match)
    return changed
