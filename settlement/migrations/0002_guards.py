"""The promises of the ledger that the database itself keeps, and the one function that posts."""

from django.db import migrations

# The transaction that wrote the entry; a line may only join it from there.
COLUMNS = """
alter table settlement_entry add column xid xid8 not null default pg_current_xact_id();
alter table settlement_entry alter column posted_at set default clock_timestamp();
"""

# 1. Balanced: once per entry, at commit, not once per line.
BALANCED = """
create function settlement_check_entry() returns trigger language plpgsql as $$
declare its record;
begin
  select coalesce(sum(c.lines), 0) as lines, min(c.currency) filter (where c.total <> 0) as uneven into its
    from (select currency, count(*) as lines, sum(amount) as total from settlement_line
          where entry_id = new.id group by currency) c;
  if its.lines <> new.line_count then
    raise exception 'entry % has % lines, declared %', new.id, its.lines, new.line_count using errcode = '23514';
  end if;
  if its.uneven is not null then
    raise exception 'entry % is unbalanced in %', new.id, its.uneven using errcode = '23514';
  end if;
  return null;
end $$;
create constraint trigger entry_balanced after insert on settlement_entry
  deferrable initially deferred for each row execute function settlement_check_entry();
alter table settlement_entry enable always trigger entry_balanced;
"""

# 2. No late lines: also not a balanced pair after SET CONSTRAINTS ALL IMMEDIATE, which a deferred trigger alone lets in. Lines
#    stand on accounts of their currency, beside counterparties that are in the books. Neither entries nor accounts can go or
#    change afterwards, so asking once a statement is enough, where foreign keys would ask once a line. A merchant that has an
#    account cannot be deleted: the account's own foreign key sees to that.
TOGETHER = """
create function settlement_check_lines() returns trigger language plpgsql as $$
declare wrong record;
begin
  if exists (select 1 from (select entry_id, max(n) as last from new_lines group by entry_id) l
             left join settlement_entry e on e.id = l.entry_id
             where e.id is null or e.xid <> pg_current_xact_id() or l.last > e.line_count) then
    raise exception 'ledger lines may only be written with their entry' using errcode = '23514';
  end if;
  select a.id is null as account into wrong
    from (select distinct account_id, currency, counterparty_id from new_lines) l
    left join settlement_account a on a.id = l.account_id and a.currency = l.currency
    where a.id is null or l.counterparty_id is not null
      and not exists (select 1 from settlement_account c where c.merchant_id = l.counterparty_id) limit 1;
  if found and wrong.account then
    raise exception 'a ledger line names an account of another currency, or none: a_line_has_its_accounts_currency'
      using errcode = '23503', constraint = 'a_line_has_its_accounts_currency';
  elsif found then
    raise exception 'a ledger line names a counterparty that has no account: a_counterparty_is_in_the_books'
      using errcode = '23503', constraint = 'a_counterparty_is_in_the_books';
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
create trigger account_is_never_deleted before delete on settlement_account
  for each row execute function settlement_refuse();
create trigger account_is_never_truncated before truncate on settlement_account execute function settlement_refuse();
create trigger account_stays_whose_it_is before update on settlement_account for each row
  when ((old.id, old.merchant_id, old.kind, old.currency) is distinct from (new.id, new.merchant_id, new.kind, new.currency))
  execute function settlement_refuse();
alter table settlement_account enable always trigger account_is_never_deleted;
alter table settlement_account enable always trigger account_is_never_truncated;
alter table settlement_account enable always trigger account_stays_whose_it_is;
"""

# 4. Closed periods, once a statement. FOR SHARE conflicts with closing (FOR KEY SHARE would not): a closing waits for posts under
#    way, and posts that come later are refused. The open period of a day, or of the last closed day, is looked for first
#    and opened when there is none.
PERIODS = """
create function settlement_check_period() returns trigger language plpgsql as $$
declare its record;
begin
  for its in
    select p.id, p.day, p.closed_at, n.latest from (
      select period_id, max(effective_on) as latest from new_entries group by period_id) n
    join settlement_period p on p.id = n.period_id order by p.id for share of p
  loop
    if its.closed_at is not null then
      raise exception 'period % is closed', its.id using errcode = '23514';
    end if;
    if its.latest > its.day then
      raise exception 'an entry of % does not belong to the period of %', its.latest, its.day using errcode = '23514';
    end if;
  end loop;
  return null;
end $$;
create trigger entry_in_open_period after insert on settlement_entry
  referencing new table as new_entries for each statement execute function settlement_check_period();
alter table settlement_entry enable always trigger entry_in_open_period;

create trigger closed_period_is_final before update on settlement_period
  for each row when (old.closed_at is not null) execute function settlement_refuse();
create trigger period_is_never_deleted before delete on settlement_period
  for each row execute function settlement_refuse();
alter table settlement_period enable always trigger closed_period_is_final;
alter table settlement_period enable always trigger period_is_never_deleted;

create function settlement_open_period(effective date) returns bigint language plpgsql as $$
declare open_period bigint;
begin
  loop
    select id into open_period from settlement_period
      where day = greatest(effective, (select max(through) from settlement_cycle)) and closed_at is null for share;
    if found then return open_period; end if;
    insert into settlement_period (day, part, opened_at)
      select w.day, coalesce(max(p.part), 0) + 1, clock_timestamp()
      from (select greatest(effective, (select max(through) from settlement_cycle)) as day) w
      left join settlement_period p on p.day = w.day group by w.day
      on conflict do nothing;
  end loop;
end $$;
"""

# 5. One round trip for a batch of entries. The accounts they touch are named once, by merchant, kind and currency, opened when
#    they are new, and locked in their order, so two postings never wait for each other in a circle. Numbers are drawn before
#    anything is written, so no line has to look its entry up. A key that exists is a replay and returns its entry; with
#    other content it is an error.
POST = """
create function settlement_post(
  keys text[], hashes bytea[], kinds text[], refs text[], days date[], orders bigint[], reversals bigint[], notes text[],
  account_merchants bigint[], account_kinds text[], account_currencies text[],
  line_entries int[], line_accounts int[], line_amounts bigint[], line_tags text[], line_counterparties bigint[],
  line_items int[])
returns table (pos int, entry_id bigint, replayed boolean) language plpgsql as $$
#variable_conflict use_column
declare
  drawn bigint[]; fresh bigint[]; accounts bigint[]; tracked int; locked int; missing boolean; clash text; over record;
begin
  for attempt in 1..2 loop
    select array_agg(coalesce(a.id, n.id) order by w.o), bool_or(a.id is null and n.id is null),
        count(*) filter (where coalesce(a.track_balance, n.track_balance))
      into accounts, missing, tracked
      from unnest(account_merchants, account_kinds, account_currencies) with ordinality as w(merchant, kind, currency, o)
      left join settlement_account a on a.merchant_id = w.merchant and a.kind = w.kind and a.currency = w.currency
      left join settlement_account n on w.merchant is null and n.merchant_id is null and n.kind = w.kind
        and n.currency = w.currency;
    exit when not missing;
    insert into settlement_account (merchant_id, kind, currency, track_balance)
      select w.merchant, w.kind, w.currency, w.merchant is not null
      from unnest(account_merchants, account_kinds, account_currencies) as w(merchant, kind, currency)
      order by 1, 2, 3 on conflict do nothing;
  end loop;

  perform pg_current_xact_id();  -- seals count on it: who draws a number is seen to be under way
  drawn := array(select nextval(pg_get_serial_sequence('settlement_entry', 'id')) from generate_series(1, cardinality(keys)));
  with periods as materialized (
    select d.day, settlement_open_period(d.day) as id
    from (select distinct u.day from unnest(days) as u(day) order by u.day) d
  ), counts as (
    select u.e, count(*) as lines from unnest(line_entries) as u(e) group by u.e
  ), written as (
    insert into settlement_entry
      (id, key, payload_hash, kind, ref, internal_order_id, reverses_id, period_id, effective_on, line_count, facts)
    select drawn[u.o], u.key, u.hash, u.kind, u.ref, u.internal_order, u.reverses, p.id, u.day, coalesce(c.lines, 0),
      u.note::jsonb
    from unnest(keys, hashes, kinds, refs, days, orders, reversals, notes) with ordinality
      as u(key, hash, kind, ref, day, internal_order, reverses, note, o)
    join periods p on p.day = u.day left join counts c on c.e = u.o
    order by u.o
    on conflict (key) do nothing
    returning id
  )
  select coalesce(array_agg(w.id), '{}') into fresh from written w;

  if cardinality(fresh) < cardinality(keys) then
    select u.key into clash from unnest(keys, hashes) as u(key, hash)
      join settlement_entry e on e.key = u.key where e.payload_hash <> u.hash limit 1;
    if found then
      raise exception 'key % was posted before with a different payload', clash using errcode = '23505';
    end if;
    select array_agg(case when drawn[u.o] = any(fresh) then drawn[u.o] end order by u.o) into drawn
      from unnest(keys) with ordinality as u(key, o);
  end if;

  perform 1 from settlement_balance where account_id = any(accounts) order by account_id for no key update;
  get diagnostics locked = row_count;
  if locked < tracked then
    insert into settlement_balance (account_id)
      select a.id from settlement_account a where a.id = any(accounts) and a.track_balance order by a.id on conflict do nothing;
    perform 1 from settlement_balance where account_id = any(accounts) order by account_id for no key update;
  end if;

  with lines as (
    insert into settlement_line (entry_id, n, account_id, currency, amount, tag, counterparty_id, item)
      select drawn[l.e], row_number() over (partition by l.e order by l.o), accounts[l.account], account_currencies[l.account],
        l.amount, l.tag, l.counterparty, l.item
      from unnest(line_entries, line_accounts, line_amounts, line_tags, line_counterparties, line_items)
        with ordinality as l(e, account, amount, tag, counterparty, item, o)
      where drawn[l.e] is not null
    returning entry_id, account_id, amount
  ), sums as (
    select account_id, sum(amount)::bigint as moved, max(entry_id) as last from lines group by account_id
  ), changed as (
    update settlement_balance b set amount = b.amount + s.moved, version = b.version + 1, last_entry = s.last
      from sums s join settlement_account a on a.id = s.account_id
      where b.account_id = s.account_id
    returning b.account_id, b.amount, s.moved, a.max_owed
  )
  select c.account_id, c.amount into over from changed c where c.moved > 0 and c.amount > c.max_owed limit 1;
  if found then
    raise exception 'account % would owe % and is over its credit limit', over.account_id, over.amount
      using errcode = '23514';
  end if;

  if cardinality(fresh) = cardinality(keys) then
    return query select u.o::int, u.id, false from unnest(drawn) with ordinality as u(id, o) order by u.o;
  else
    return query select u.o::int, e.id, e.id is distinct from drawn[u.o]
      from unnest(keys) with ordinality as u(key, o) join settlement_entry e on e.key = u.key order by u.o;
  end if;
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
    "settlement_evidence",
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

# 8. Lines of statements tell of entries; neither statements nor entries can go, so asking when lines are written is enough.
STATED = """
create function settlement_check_statement_lines() returns trigger language plpgsql as $$
begin
  if exists (select 1 from (select distinct statement_id from new_lines) l
             where not exists (select 1 from settlement_statement s where s.id = l.statement_id))
     or exists (select 1 from (select distinct entry_id from new_lines) l
                where not exists (select 1 from settlement_entry e where e.id = l.entry_id)) then
    raise exception 'a statement line names no statement or no entry: a_statement_line_tells_of_an_entry'
      using errcode = '23503', constraint = 'a_statement_line_tells_of_an_entry';
  end if;
  return null;
end $$;
create trigger statement_line_of_an_entry after insert on settlement_statementline
  referencing new table as new_lines for each statement execute function settlement_check_statement_lines();
alter table settlement_statementline enable always trigger statement_line_of_an_entry;
"""

UNDO = """
drop view settlement_moved;
drop function settlement_post; drop function settlement_open_period;
drop trigger period_is_never_deleted on settlement_period; drop trigger closed_period_is_final on settlement_period;
drop trigger entry_in_open_period on settlement_entry; drop function settlement_check_period;
drop function settlement_refuse cascade;
drop trigger line_with_entry on settlement_line; drop function settlement_check_lines;
drop trigger entry_balanced on settlement_entry; drop function settlement_check_entry;
drop trigger statement_line_of_an_entry on settlement_statementline; drop function settlement_check_statement_lines;
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
        migrations.RunSQL(COLUMNS + BALANCED + TOGETHER + APPEND_ONLY + PERIODS + POST + MOVED + STATED, UNDO),
        migrations.RunSQL(_guards() + FINAL, _undo()),
    ]
