"""Match: decide which item a variant is, link what is certain, and ask a person about the rest.

The thinking is in catalog.matching; here it meets the database. One matcher runs at a time (an advisory lock), a row's
change moves at most its own product's membership, and what a person said is never overruled. One change costs four
statements when nothing comes of it: take the lock and what is due, neighbours, what is known of them, keep; two when its
facts are what they were.
"""

from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Abs, Coalesce
from django.utils import timezone

from catalog import cards
from catalog.held import keep_held
from catalog.links import save_links, write_plan
from catalog.mark import mark_items
from catalog.matching.deciding import RULE_VERSION
from catalog.matching.engine import Batch, decide_batch
from catalog.matching.telling import tell
from catalog.models import MatchKey, Variant
from catalog.names import learn_names, lesson_is_old
from catalog.neighbours import Neighbourhood, around
from catalog.relink import plan_links
from catalog.reread import AT_ONCE, ONE_MATCHER, Due, clear_marks, is_read_over, keep_facts, read_again, take_due
from catalog.whole_brands import brands_due, decide_brands, keep_learnt, read_brands

__all__ = ["lock_matching", "match_due", "rematch_variants", "save_links"]

ENGINE = f"engine {RULE_VERSION}"


def match_due() -> int:
    """Match one batch of changed variants; else read on with newer normalisers, else ask one batch of questions.

    Returns how many rows it took up, 0 when nothing is left or another matcher is at work. *Locks*: one matcher at a
    time. *Again*: the same input gives the same links and ids.
    """
    return match_changed() or read_older() or cards.ask_due()


def match_changed() -> int:
    """Match one batch of changed variants; returns how many were taken.

    While more wait than one batch holds, what was changed is read first, all of it: which batch a row falls into must
    not change its match.
    """
    with transaction.atomic():
        taken = take_due()
        if taken is None:
            return 0
        matcher, due = taken
        unread = [row for row in due if row.is_unread]
        open_ = [row for row in due if not row.is_settled]
        if len(due) < AT_ONCE:
            _match(open_, matcher.stopped)
        elif unread:
            keep_facts(open_, done=False)
            return len(unread)
        elif not (gone := [row for row in open_ if row.deleted]):
            return _match_brands(open_, matcher.stopped) + len(due) - len(open_)
        else:
            _match(gone, matcher.stopped)
        return len(due)


def read_older() -> int:
    """Read on, one batch, where rows were last read by older normalisers; what changes is due then."""
    if is_read_over():
        return 0
    with transaction.atomic():
        taken = take_due(0)
        return read_again(taken[0].aliases) if taken else 0


def rematch_variants(variant_ids: Collection[int]) -> int:
    """Have these variants matched afresh, as if they were new: staff's answer to drift. *Again*: no more than once."""
    rows = Variant.everyone.filter(pk__in=variant_ids, deleted_at=None)
    return rows.update(match_due_at=timezone.now(), matched_rule=0)


def lock_matching() -> None:
    """Let one matcher or one person's decision work at a time, until the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_MATCHER])


def _match(rows: list[Due], stopped: frozenset[str]) -> None:
    """Match these rows against everybody they share a key with, and write what came of it."""
    if not rows:
        return
    live = {row.pk: row for row in rows if not row.deleted}
    gone = [row for row in rows if row.deleted and row.match_id]
    products = {row.product_id for row in live.values()}
    changed = {row.pk: row.facts for row in (*live.values(), *gone)}
    found = around(changed, products | {row.product_id for row in gone}) if changed else Neighbourhood()
    batch = decide_batch(found.facts, must=found.must, cannot=found.cannot, titles=False, known=found.known)
    due = {pk for pk, row in found.rows.items() if row.product_id in products}
    new = {pk for pk, row in live.items() if row.rule == 0}
    left = {row.item_id or 0 for row in rows if row.is_new or row.deleted}  # a mere second look brings no further ones
    plan = plan_links(found, batch, due, new, stopped, left if left else None)
    touched: set[int] = set()
    if gone or not plan.is_empty:
        touched = write_plan(found, plan, gone, by=ENGINE).touched
    _note_ambiguous(batch)
    keep_facts(rows, done=True, asked={row.product_id for row in rows})
    _look_again(plan.look_again | keep_held(plan.held, by=ENGINE))
    mark_items(touched)


def _match_brands(rows: list[Due], stopped: frozenset[str]) -> int:
    """Match whole brands where much of them is due, else these rows; returns how many were matched."""
    if lesson_is_old() and (again := learn_names()):
        return again
    names = brands_due()
    read = read_brands(names) if names else None
    if read is None or not read.marks:
        _match(rows, stopped)
        return len(rows)
    decided = decide_brands(read)
    keep_learnt(read, decided)
    batch = tell(decided, {row.pk: row.facts for row in read.found.rows.values()}, titles=False)
    own = {pk: mark for pk, mark in read.marks.items() if read.is_here(pk)}
    if not own:
        _match(rows, stopped)
        return len(rows)
    products = {read.found.rows[pk].product_id for pk in own}
    due = {pk for pk, row in read.found.rows.items() if row.product_id in products}
    left = {read.found.rows[pk].item_id or 0 for pk in own}
    plan = plan_links(read.found, batch, due, read.never_matched.intersection(own), stopped, left)
    touched = set() if plan.is_empty else write_plan(read.found, plan, (), by=ENGINE).touched
    _note_ambiguous(batch)
    clear_marks(own)
    _look_again(plan.look_again | keep_held(plan.held, by=ENGINE))
    cards.want_cards(products)
    mark_items(touched)
    return len(own)


def _look_again(variant_ids: Collection[int]) -> None:
    """Have these matched again as edited rows: their facts stand, what they are compared with does not."""
    if variant_ids:
        due = Coalesce("match_due_at", Value(timezone.now()))
        Variant.everyone.filter(pk__in=variant_ids).update(match_due_at=due, matched_rule=-Abs("matched_rule"))


def _note_ambiguous(batch: Batch) -> None:
    """Write down keys nobody may decide by, so that staff can see why."""
    if batch.ambiguous:
        why = {ask.key: " ".join(ask.reasons) for ask in batch.asks}
        rows = [
            MatchKey(kind="gtin", value=key, ambiguous_reason=why.get(key) or "misleads") for key in batch.ambiguous
        ]
        MatchKey.objects.bulk_create(rows, ignore_conflicts=True)
