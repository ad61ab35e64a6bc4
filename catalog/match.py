"""Match: decide which item a variant is, link what is certain, and ask a person about the rest.

The thinking is in catalog.matching; here it meets the database. One matcher runs at a time (an advisory lock), a row's
change moves at most its own membership, and what a person said is never overruled.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from catalog import cards
from catalog.mark import mark_items
from catalog.matching.engine import LINKED, Batch, Link, decide_batch
from catalog.matching.normalising import NORM_VERSION, Normalised, normalise
from catalog.models import EvidenceClass, Item, Match, MatchChange, MatchKey, Style, Variant
from catalog.neighbours import Neighbourhood, around, as_received, brand_aliases, linked_matches, read_variants
from skuu.kit.states import move

ENGINE = f"engine {NORM_VERSION}"
BATCH = 1000
_ONE_MATCHER = 0x534B5555


def match_due() -> int:
    """Match one batch of changed variants; returns how many were taken.

    *Locks*: one matcher at a time. *Again*: the same input gives the same links and ids.
    """
    due = Variant.everyone.filter(match_due_at__isnull=False).order_by("match_due_at", "pk")
    if read := normalise_due():
        return read
    with transaction.atomic():
        if not try_to_match():
            return 0
        ids = list(due.values_list("pk", flat=True)[:BATCH])
        if ids:
            match_variants(read_variants(Q(pk__in=ids)))
        return len(ids)


def normalise_due() -> int:
    """Normalise one batch of variants that an older version read, or none has; returns how many.

    All facts stand on the rows before any of them is matched: which batch a row falls into must not change its match.
    """
    old = Q(match_due_at__isnull=False, deleted_at=None, norm_version__lt=NORM_VERSION)
    with transaction.atomic():
        if not try_to_match():
            return 0
        ids = list(Variant.everyone.filter(old).order_by("pk").values_list("pk", flat=True)[: 4 * BATCH])
        if ids:
            due = read_variants(Q(pk__in=ids))
            aliases = brand_aliases()
            save_facts(due, {row.pk: normalise(as_received(row), brand_aliases=aliases) for row in due})
    return len(ids)


def try_to_match() -> bool:
    """Become the matcher until the end of this transaction, unless another is at it: that one does our work too."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_ONE_MATCHER])
        return bool(cursor.fetchone()[0])


def lock_matching() -> None:
    """Let one matcher or one person's decision work at a time, until the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_ONE_MATCHER])


def match_variants(due: Sequence[Variant]) -> None:
    """Match these variants against everybody they share a key with, and write what came of it."""
    found = around(due)
    save_facts(found.due, found.facts)
    ids = {variant.pk for variant in due}
    batch = decide_batch(list(found.facts.values()), must=found.must, cannot=found.cannot, titles=False)
    changes = _Changes(found, ids)
    stopped = set(EvidenceClass.objects.filter(status="stopped").values_list("name", flat=True))
    changes.write(batch, stopped)
    _note_ambiguous(batch)
    seen = max((variant.match_due_at for variant in due if variant.match_due_at), default=None)
    if seen is not None:  # a variant that changed again meanwhile carries a later mark and keeps it
        Variant.everyone.filter(pk__in=ids, match_due_at__lte=seen).update(match_due_at=None)
    unlinked = {pk for pk in ids if pk in found.facts and pk not in changes.standing}
    cards.write_cards(found, batch, unlinked, stopped)
    mark_items(changes.touched)


_SAVE_FACTS = """
update catalog_variant v set norm_version = f.version, gtin = f.gtin, gtin_status = f.gtin_status, brand_key = f.brand,
  code = f.code, code_level = f.code_level, size_key = f.size_key, size_label = f.size_label, colour_key = f.colour,
  gender = f.gender, tokens = string_to_array(f.tokens, ' ')
from unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::text[], %s::text[])
  f(id, version, gtin, gtin_status, brand, code, code_level, size_key, size_label, colour, gender, tokens)
where v.id = f.id
"""


def save_facts(due: Sequence[Variant], facts: Mapping[int, Normalised]) -> None:
    """Keep comparable facts on the variants' rows, where the next matching looks them up: one statement for all."""
    rows = []
    for variant in due:
        if variant.pk in facts and _as_columns(variant) != (columns := facts_columns(facts[variant.pk])):
            rows.append((variant.pk, *columns))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_SAVE_FACTS, [list(column) for column in zip(*rows, strict=True)])


def facts_columns(facts: Normalised) -> tuple[int | str, ...]:
    """Cut comparable facts to the length of a variant's columns, in the order they are saved."""
    return (
        facts.version,
        facts.gtin.value[:14],
        facts.gtin.status[:14],
        facts.brand[:120],
        facts.code.value[:80],
        facts.code.level[:6],
        facts.size.key[:40],
        facts.size.label[:40],
        facts.colour.key[:80],
        facts.gender[:8],
        " ".join(token[:60] for token in facts.tokens),
    )


def _as_columns(variant: Variant) -> tuple[int | str, ...]:
    return (
        variant.norm_version,
        variant.gtin,
        variant.gtin_status,
        variant.brand_key,
        variant.code,
        variant.code_level,
        variant.size_key,
        variant.size_label,
        variant.colour_key,
        variant.gender,
        " ".join(variant.tokens),
    )


@dataclass
class _Changes:
    """What one batch changes: which variants stand for which item afterwards, and which items' shelves are touched."""

    found: Neighbourhood
    due: set[int]
    standing: dict[int, int] = field(default_factory=dict)  # variant → item
    touched: set[int] = field(default_factory=set)
    fresh: list[Match] = field(default_factory=list)
    taken: dict[int, dict[int, int]] = field(default_factory=dict)  # item → shop → variant

    def write(self, batch: Batch, stopped: Collection[str]) -> None:
        """Give every cluster its item, link who joins it, and let go of due variants that belong nowhere any more."""
        self.standing = {pk: match.item_id for pk, match in self.found.linked.items()}
        clusters: dict[str, list[Link]] = defaultdict(list)
        for link in batch.links:
            if link.status == LINKED and link.method not in stopped:
                clusters[link.item].append(link)
        styles = _StylesOf(self.found)
        self._read_places()
        for _, links in sorted(clusters.items()):
            if any(int(link.id) in self.due for link in links):
                self._join(links, styles)
        joined = {int(link.id) for links in clusters.values() for link in links}
        for pk in self.due - joined:
            match = self.found.linked.get(pk)
            if match is not None and match.method not in ("own", "person"):
                self._let_go(match, "nothing certain speaks for it any more")
        self._save()

    def _join(self, links: Sequence[Link], styles: "_StylesOf") -> None:
        """Link a cluster to the item most of its members stand for already; a new one when none does."""
        votes: dict[int, int] = defaultdict(int)
        for link in links:
            if int(link.id) in self.standing:
                votes[self.standing[int(link.id)]] += 1
        item_id = min(votes, key=lambda item: (-votes[item], item)) if votes else self._new_item(links, styles)
        taken = self.taken.setdefault(item_id, {})
        for link in links:
            pk, shop = int(link.id), int(link.shop_id)
            if self.standing.get(pk) == item_id:
                continue
            if pk in self.standing and pk not in self.due:
                continue  # somebody else's row does not move because of this change
            if taken.get(shop, pk) != pk:
                continue
            if pk in self.standing:
                self._let_go(self.found.linked[pk], "it belongs to another item now")
            taken[shop] = pk
            self.standing[pk] = item_id
            self.fresh.append(_match(link, item_id, self.found.rows[pk]))
            self.touched.add(item_id)

    def _read_places(self) -> None:
        """Note which variant of each shop stands for each item around; a deleted one gives its place up."""
        rows = Match.everyone.filter(item__in=set(self.standing.values()), status="linked").select_related("variant")
        for match in rows:
            if match.variant.deleted_at is not None:
                self._let_go(match, "the variant was deleted in its shop")
            else:
                self.taken.setdefault(match.item_id, {})[match.shop_id] = match.variant_id

    def _new_item(self, links: Sequence[Link], styles: "_StylesOf") -> int:
        members = [self.found.facts[int(link.id)] for link in links]
        first = self.found.rows[int(links[0].id)]
        style = styles.style_for(members, first)
        size = max((member.size for member in members), key=lambda size: (size.sure, bool(size.key)))
        item = Item.objects.create(style_id=style, size_key=size.key[:40], size_label=size.label[:40])
        self.touched.add(item.pk)
        return item.pk

    def _let_go(self, match: Match, why: str) -> None:
        move(match, "withdrawn", by=ENGINE, reason=why)
        self.standing.pop(match.variant_id, None)
        self.taken.get(match.item_id, {}).pop(match.shop_id, None)
        self.touched.add(match.item_id)

    def _save(self) -> None:
        save_links(self.fresh, by=ENGINE)
        keys = []
        for match in self.fresh:
            facts = self.found.facts[match.variant_id]
            if facts.gtin.key:
                keys.append(MatchKey(kind="gtin", value=facts.gtin.value, item_id=match.item_id))
        MatchKey.objects.bulk_create(keys, ignore_conflicts=True)


def save_links(wanted: Iterable[Match], *, by: str) -> None:
    """Write links with their history; a match that stood before and was withdrawn stands again."""
    wanted = list(wanted)
    pairs = {(match.variant_id, match.item_id) for match in wanted}
    before = Match.everyone.filter(variant__in={v for v, _ in pairs}, item__in={i for _, i in pairs})
    old = {(match.variant_id, match.item_id): match for match in before}
    new = []
    for match in wanted:
        known = old.get((match.variant_id, match.item_id))
        if known is None:
            new.append(match)
            continue
        facts = {"method": match.method, "evidence": match.evidence, "probability": match.probability}
        move(known, "linked", by=by, **facts, decided_by=by, decided_at=timezone.now())
    made = Match.everyone.bulk_create(new)
    MatchChange.objects.bulk_create([MatchChange(row=match, to_status="linked", by=by) for match in made])


def _match(link: Link, item_id: int, variant: Variant) -> Match:
    return Match(
        variant=variant,
        shop_id=variant.shop_id,
        item_id=item_id,
        status="linked",
        method=link.method[:12],
        evidence=list(link.evidence),
        probability=link.probability,
        decided_by=ENGINE,
    )


def _note_ambiguous(batch: Batch) -> None:
    """Write down keys nobody may decide by, so that staff can see why."""
    why = {ask.key: " ".join(ask.reasons) for ask in batch.asks}
    rows = [MatchKey(kind="gtin", value=key, ambiguous_reason=why.get(key) or "misleads") for key in batch.ambiguous]
    MatchKey.objects.bulk_create(rows, ignore_conflicts=True)


class _StylesOf:
    """The style of a shop's product in one colour, so that the sizes of one shoe become items of one style."""

    def __init__(self, found: Neighbourhood) -> None:
        products = {row.product_id for row in found.rows.values()}
        rows = Match.everyone.filter(variant__product__in=products, status="linked")
        self.known: dict[tuple[str, str], int] = {}
        for product, colour, style in rows.values_list("variant__product_id", "variant__colour_key", "item__style_id"):
            self.known.setdefault((str(product), colour), style)

    def style_for(self, members: Sequence[Normalised], first: Variant) -> int:
        """Return the style that any member's product already has in this colour, or make it."""
        units = [(member.product_ref, member.colour.key[:80]) for member in members]
        style = next((self.known[unit] for unit in units if unit in self.known), None)
        if style is None:
            style = make_style(members, first).pk
        for unit in units:
            self.known.setdefault(unit, style)
        return style


def make_style(members: Sequence[Normalised], first: Variant) -> Style:
    """Make the network's own entry for one model in one colour, described by its first member."""
    said = members[0]
    code = next((member.code.value for member in members if member.code.level == "full"), "")
    return Style.objects.create(
        brand_key=said.brand[:120],
        code=code[:80],
        title=first.product.title,
        colour_key=said.colour.key[:80],
        gender=next((member.gender for member in members if member.gender), "")[:8],
        category=first.product.product_type,
        image_url=first.product.image_url,
    )


def ensure_item(variant: Variant, facts: Normalised, *, by: str) -> int:
    """Return the item a variant stands for; make one of its own when it stands for none yet."""
    match = linked_matches([variant.pk]).get(variant.pk)
    if match is not None:
        return match.item_id
    style = _StylesOf(Neighbourhood([variant], {variant.pk: variant})).style_for([facts], variant)
    item = Item.objects.create(style_id=style, size_key=facts.size.key[:40], size_label=facts.size.label[:40])
    own = Match(variant=variant, shop_id=variant.shop_id, item=item, status="linked", method="own", decided_by=by)
    save_links([own], by=by)
    return item.pk
