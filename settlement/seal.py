"""Seal the ledger in blocks: each block's hash takes the one before into itself, written when nothing can join the block."""

from django.db import connection, transaction

from settlement.models import Seal
from skuu.kit.errors import NotFound

BLOCK = 20_000  # entries
_LOCK = 7_700_455

# The digest of the entries after one and up to another, on top of the digest before; text that no setting can change.
_DIGEST = """
encode(sha256(convert_to({before} || coalesce((
  select string_agg(concat_ws('|', e.id, e.key, encode(e.payload_hash, 'hex'), e.kind, e.ref, coalesce(e.internal_order_id, 0),
    coalesce(e.reverses_id, 0), e.period_id, to_char(e.effective_on, 'YYYYMMDD'), extract(epoch from e.posted_at), e.line_count,
    e.facts::text), E'\\n' order by e.id)
  from settlement_entry e where e.id > {first} and e.id <= {last}), '') || coalesce((
  select string_agg(concat_ws('|', l.entry_id, l.n, l.account_id, l.currency, l.amount, l.tag, coalesce(l.counterparty_id, 0),
    coalesce(l.item, -1)), E'\\n' order by l.entry_id, l.n)
  from settlement_line l where l.entry_id > {first} and l.entry_id <= {last}), ''), 'UTF8')), 'hex')
"""

# Every transaction of the moment the block was noted is over; or the note is from another cluster (a restored backup), whose
# transactions cannot write here.
_FINISH = f"""
update settlement_seal s set digest = d.digest, entries = d.entries, sealed_at = clock_timestamp()
from (select b.id, {_DIGEST.format(before="b.before", first="b.first", last="b.last_entry")} as digest,
        (select count(*) from settlement_entry e where e.id > b.first and e.id <= b.last_entry) as entries
      from (select w.id, w.last_entry, coalesce(p.digest, '') as before, coalesce(p.last_entry, 0) as first
            from settlement_seal w left join lateral (select digest, last_entry from settlement_seal
              where last_entry < w.last_entry order by last_entry desc limit 1) p on true
            where w.digest = '' and (w.horizon <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
              or w.horizon > pg_snapshot_xmax(pg_current_snapshot())::text::bigint)) b) d
where s.id = d.id
"""  # noqa: S608 - names from this file

_NOTE = """
insert into settlement_seal (last_entry, horizon, noted_at, entries, digest)
select max(id), pg_snapshot_xmax(pg_current_snapshot())::text::bigint, clock_timestamp(), 0, ''
from (select id from settlement_entry where id > coalesce((select max(last_entry) from settlement_seal), 0)
      order by id limit %s) t
having max(id) is not null
"""

# Seals whose block reads differently now; also those whose order of blocks was broken.
BROKEN_SEALS = f"""
select format('seal %%s up to entry %%s', s.id, s.last_entry)
from (select id, last_entry, digest, lag(digest, 1, '') over (order by last_entry) as before,
        lag(last_entry, 1, 0::bigint) over (order by last_entry) as first from settlement_seal where digest <> '') s
where {{some_seals}} and s.digest <> {_DIGEST.format(before="s.before", first="s.first", last="s.last_entry")}
"""  # noqa: S608 - names from this file


def seal_entries() -> int:
    """Seal what can be sealed and note the next block; returns how many blocks were sealed.

    A block is noted in one transaction and sealed in a later one, when no transaction of the first can write into it any more.
    *Locks* one sealing at a time. *Again*: every entry lies in one block.
    """
    sealed = 0
    while True:
        done, noted = _step()
        sealed += done
        if not (noted and done):
            return sealed


@transaction.atomic
def _step() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0, 0
        cursor.execute("set local statement_timeout = 0")
        cursor.execute(_FINISH)
        done = cursor.rowcount
        cursor.execute("select exists (select 1 from settlement_seal where digest = '')")
        if cursor.fetchone()[0]:
            return done, 0
        cursor.execute(_NOTE, [BLOCK])
        return done, cursor.rowcount


def newest_seal() -> str:
    """Tell the digest of the newest sealed block; empty before the first."""
    with connection.cursor() as cursor:
        cursor.execute("select digest from settlement_seal where digest <> '' order by last_entry desc limit 1")
        row = cursor.fetchone()
    return row[0] if row else ""


def find_seal(digest: str) -> tuple[Seal, bool]:
    """Find the seal a statement names and hash its block again: whether it reads as it was sealed. Raises NotFound."""
    seal = Seal.objects.filter(digest=digest.strip().lower()).first() if digest.strip() else None
    if seal is None:
        raise NotFound(f"This ledger has no seal “{digest}”.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        cursor.execute(BROKEN_SEALS.format(some_seals=f"s.id = {seal.pk}"), {})
        return seal, cursor.fetchone() is None
