"""The promises of the ledger that the database itself keeps, and the one function that posts."""

from django.db import migrations

# The transaction that wrote the entry; a line may only join it from there.
COLUMNS = """
alter table settlement_entry add column xid xid8 not null default pg_current_xact_id();
alter table settlement_entry alter column posted_at set default clock_timestamp();
alter table settlement_line add constraint a_line_has_its_accounts_currency
  foreign key (account_id, currency) references settlement_account (id, currency);
"""

# 1. Balanced: once per entry, at commit, not once per line.
BALANCED = """
create function settlement_check_entry() returns trigger language plpgsql as $$
declare found_lines int; uneven record;
begin
  select count(*) into found_lines from settlement_line where entry_id = new.id;
  if found_lines <> new.line_count then
    raise exception 'entry % has % lines, declared %', new.id, found_lines, new.line_count using errcode = '23514';
  end if;
  select currency, sum(amount) as total into uneven from settlement_line
    where entry_id = new.id group by currency having sum(amount) <> 0 limit 1;
  if found then
    raise exception 'entry % is unbalanced: % %', new.id, uneven.total, uneven.currency using errcode = '23514';
  end if;
  return null;
end $$;
create constraint trigger entry_balanced after insert on settlement_entry
  deferrable initially deferred for each row execute function settlement_check_entry();
alter table settlement_entry enable always trigger entry_balanced;
"""

# 2. No late lines: also not a balanced pair after SET CONSTRAINTS ALL IMMEDIATE, which a deferred trigger alone lets in.
TOGETHER = """
create function settlement_check_lines() returns trigger language plpgsql as $$
begin
  if exists (select 1 from new_lines l join settlement_entry e on e.id = l.entry_id
             where e.xid <> pg_current_xact_id() or l.n > e.line_count) then
    raise exception 'ledger lines may only be written with their entry' using errcode = '23514';
  end if;
  return null;
end $$;
create trigger line_with_entry after insert on settlement_line
  referencing new table as new_lines for each statement execute function settlement_check_lines();
alter table settlement_line enable always trigger line_with_entry;
"""

# 3. Append-only. ENABLE ALWAYS, or session_replication_role = replica would pass by.
APPEND_ONLY = """
create function settlement_refuse() returns trigger language plpgsql as $$
begin
  raise exception '% on % refused: the ledger is append-only', tg_op, tg_table_name using errcode = '42501';
end $$;
create trigger entry_is_append_only before update or delete on settlement_entry
  for each row execute function settlement_refuse();
create trigger line_is_append_only before update or delete on settlement_line
  for each row execute function settlement_refuse();
create trigger entry_is_never_truncated before truncate on settlement_entry execute function settlement_refuse();
create trigger line_is_never_truncated before truncate on settlement_line execute function settlement_refuse();
create trigger statement_line_is_append_only before update or delete on settlement_statementline
  for each row execute function settlement_refuse();
create trigger statement_line_is_never_truncated before truncate on settlement_statementline
  execute function settlement_refuse();
create trigger statement_is_never_deleted before delete on settlement_statement
  for each row execute function settlement_refuse();
create trigger sealed_statement_is_final before update on settlement_statement
  for each row when (old.digest <> '') execute function settlement_refuse();
create trigger statement_is_never_truncated before truncate on settlement_statement execute function settlement_refuse();
alter table settlement_entry enable always trigger entry_is_append_only;
alter table settlement_line enable always trigger line_is_append_only;
alter table settlement_entry enable always trigger entry_is_never_truncated;
alter table settlement_line enable always trigger line_is_never_truncated;
alter table settlement_statementline enable always trigger statement_line_is_append_only;
alter table settlement_statementline enable always trigger statement_line_is_never_truncated;
alter table settlement_statement enable always trigger statement_is_never_deleted;
alter table settlement_statement enable always trigger sealed_statement_is_final;
alter table settlement_statement enable always trigger statement_is_never_truncated;
"""

# 4. Closed periods. FOR SHARE conflicts with closing (FOR KEY SHARE would not): a closing waits for posts under way,
#    and posts that come later are refused.
PERIODS = """
create function settlement_check_period() returns trigger language plpgsql as $$
declare its record;
begin
  select day, closed_at into its from settlement_period where id = new.period_id for share;
  if its.closed_at is not null then
    raise exception 'period % is closed', new.period_id using errcode = '23514';
  end if;
  if new.effective_on > its.day then
    raise exception 'an entry of % does not belong to the period of %', new.effective_on, its.day using errcode = '23514';
  end if;
  return new;
end $$;
create trigger entry_in_open_period before insert on settlement_entry
  for each row execute function settlement_check_period();
alter table settlement_entry enable always trigger entry_in_open_period;

create trigger closed_period_is_final before update on settlement_period
  for each row when (old.closed_at is not null) execute function settlement_refuse();
create trigger period_is_never_deleted before delete on settlement_period
  for each row execute function settlement_refuse();
alter table settlement_period enable always trigger closed_period_is_final;
alter table settlement_period enable always trigger period_is_never_deleted;

create function settlement_open_period(effective date) returns bigint language plpgsql as $$
declare wanted date; open_period bigint;
begin
  loop
    select greatest(effective, (select max(through) from settlement_cycle)) into wanted;
    select id into open_period from settlement_period where day = wanted and closed_at is null for share;
    if found then return open_period; end if;
    insert into settlement_period (day, part, opened_at)
      select wanted, coalesce(max(part), 0) + 1, clock_timestamp() from settlement_period where day = wanted
      on conflict do nothing;
  end loop;
end $$;
"""

# 5. One round trip for a batch of entries. A key that exists is a replay and returns its entry; with other content it is
#    an error. Balances are locked in the order of their accounts, so two postings never wait for each other in a circle.
POST = """
create function settlement_post(
  keys text[], hashes bytea[], kinds text[], refs text[], days date[], orders bigint[], reversals bigint[], notes text[],
  line_entries int[], line_accounts bigint[], line_currencies text[], line_amounts bigint[], line_tags text[],
  line_counterparties bigint[], line_items int[])
returns table (pos int, entry_id bigint, replayed boolean) language plpgsql as $$
#variable_conflict use_column
declare fresh bigint[]; clash text; over record;
begin
  with periods as materialized (
    select d.day, settlement_open_period(d.day) as id
    from (select distinct u.day from unnest(days) as u(day) order by u.day) d
  ), counts as (
    select u.e, count(*) as lines from unnest(line_entries) as u(e) group by u.e
  ), written as (
    insert into settlement_entry
      (key, payload_hash, kind, ref, internal_order_id, reverses_id, period_id, effective_on, line_count, facts)
    select u.key, u.hash, u.kind, u.ref, u.internal_order, u.reverses, p.id, u.day, coalesce(c.lines, 0), u.note::jsonb
    from unnest(keys, hashes, kinds, refs, days, orders, reversals, notes) with ordinality
      as u(key, hash, kind, ref, day, internal_order, reverses, note, o)
    join periods p on p.day = u.day left join counts c on c.e = u.o
    order by u.o
    on conflict (key) do nothing
    returning id
  )
  select coalesce(array_agg(w.id), '{}') into fresh from written w;

  select u.key into clash from unnest(keys, hashes) as u(key, hash)
    join settlement_entry e on e.key = u.key where e.payload_hash <> u.hash limit 1;
  if found then
    raise exception 'key % was posted before with a different payload', clash using errcode = '23505';
  end if;

  insert into settlement_balance (account_id)
    select distinct a.id from settlement_account a
    where a.id = any(line_accounts) and a.track_balance
      and not exists (select 1 from settlement_balance b where b.account_id = a.id)
    order by 1 on conflict do nothing;
  perform 1 from settlement_balance where account_id = any(line_accounts) order by account_id for no key update;

  insert into settlement_line (entry_id, n, account_id, currency, amount, tag, counterparty_id, item)
    select e.id, row_number() over (partition by l.e order by l.o), l.account, l.currency, l.amount, l.tag, l.cp, l.item
    from unnest(line_entries, line_accounts, line_currencies, line_amounts, line_tags, line_counterparties, line_items)
      with ordinality as l(e, account, currency, amount, tag, cp, item, o)
    join settlement_entry e on e.key = keys[l.e]
    where e.id = any(fresh);
  update settlement_balance b
    set amount = b.amount + s.moved, version = b.version + 1, last_entry = s.last
    from (select l.account_id, sum(l.amount)::bigint as moved, max(l.entry_id) as last
          from settlement_line l where l.entry_id = any(fresh) group by 1) s
    where b.account_id = s.account_id;

  select b.account_id, b.amount into over from settlement_balance b join settlement_account a on a.id = b.account_id
    where a.max_owed is not null and b.amount > a.max_owed and exists (
      select 1 from settlement_line l where l.entry_id = any(fresh) and l.account_id = b.account_id
      group by l.account_id having sum(l.amount) > 0)
    limit 1;
  if found then
    raise exception 'account % would owe % and is over its credit limit', over.account_id, over.amount
      using errcode = '23514';
  end if;

  return query
    select u.o::int, e.id, not (e.id = any(fresh))
    from unnest(keys) with ordinality as u(key, o) join settlement_entry e on e.key = u.key order by u.o;
end $$;
"""

# 6. What a cycle moved on each merchant's accounts, per item of an entry, seen from the merchant (+ is owed to it).
#    Releases only move from pending to payable and vanish here.
MOVED = """
create view settlement_moved as
  select p.cycle_id, a.merchant_id, a.currency, e.id as entry_id, l.item, e.effective_on, -sum(l.amount)::bigint as amount
  from settlement_period p join settlement_entry e on e.period_id = p.id
  join settlement_line l on l.entry_id = e.id join settlement_account a on a.id = l.account_id
  where a.merchant_id is not null
  group by p.cycle_id, a.merchant_id, a.currency, e.id, l.item, e.effective_on
  having sum(l.amount) <> 0;
"""

# 7. The same for what was added around the ledger: released once, stored once, said once.
TABLES_ONLY_ADDED_TO = (
    "settlement_released",
    "settlement_documententry",
    "settlement_document",
    "settlement_storedfile",
    "settlement_disputemessage",
)
TABLES_NEVER_DELETED_FROM = (
    "settlement_paymentfile",
    "settlement_payment",
    "settlement_bankfile",
    "settlement_bankline",
    "settlement_dispute",
    "settlement_seal",
)


def _guards() -> str:
    parts = []
    for table in TABLES_ONLY_ADDED_TO:
        name = table.removeprefix("settlement_")
        parts.append(
            f"create trigger {name}_is_append_only before update or delete on {table} "
            f"for each row execute function settlement_refuse(); "
            f"create trigger {name}_is_never_truncated before truncate on {table} execute function settlement_refuse(); "
            f"alter table {table} enable always trigger {name}_is_append_only; "
            f"alter table {table} enable always trigger {name}_is_never_truncated;"
        )
    for table in TABLES_NEVER_DELETED_FROM:
        name = table.removeprefix("settlement_")
        parts.append(
            f"create trigger {name}_is_never_deleted before delete on {table} "
            f"for each row execute function settlement_refuse(); "
            f"alter table {table} enable always trigger {name}_is_never_deleted;"
        )
    return "\n".join(parts)


# A seal that has its digest is final; so is a payment file but for when it was first taken.
FINAL = """
create trigger sealed_block_is_final before update on settlement_seal
  for each row when (old.digest <> '') execute function settlement_refuse();
alter table settlement_seal enable always trigger sealed_block_is_final;
create trigger payment_file_is_final before update on settlement_paymentfile
  for each row when (old.content is distinct from new.content or old.digest <> new.digest or old.total <> new.total
    or old.message_id <> new.message_id) execute function settlement_refuse();
alter table settlement_paymentfile enable always trigger payment_file_is_final;
"""

UNDO = """
drop view settlement_moved;
drop function settlement_post; drop function settlement_open_period;
drop trigger period_is_never_deleted on settlement_period; drop trigger closed_period_is_final on settlement_period;
drop trigger entry_in_open_period on settlement_entry; drop function settlement_check_period;
drop function settlement_refuse cascade;
drop trigger line_with_entry on settlement_line; drop function settlement_check_lines;
drop trigger entry_balanced on settlement_entry; drop function settlement_check_entry;
alter table settlement_line drop constraint a_line_has_its_accounts_currency;
alter table settlement_entry drop column xid;
alter table settlement_entry alter column posted_at drop default;
"""


def _undo() -> str:
    drops = [
        f"drop trigger {t.removeprefix('settlement_')}_{what} on {t};"
        for t in TABLES_ONLY_ADDED_TO
        for what in ("is_append_only", "is_never_truncated")
    ]
    drops += [f"drop trigger {t.removeprefix('settlement_')}_is_never_deleted on {t};" for t in TABLES_NEVER_DELETED_FROM]
    drops += [
        "drop trigger sealed_block_is_final on settlement_seal;",
        "drop trigger payment_file_is_final on settlement_paymentfile;",
    ]
    return "\n".join(drops)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial")]

    operations = [
        migrations.RunSQL(COLUMNS + BALANCED + TOGETHER + APPEND_ONLY + PERIODS + POST + MOVED, UNDO),
        migrations.RunSQL(_guards() + FINAL, _undo()),
    ]
