"""Posting in bulk: the ledger's promises are asked once a statement or once an entry, and never once a line."""

import django.db.models.deletion
from django.db import migrations, models

# 1. Balanced: still once per entry, at commit; one look at its lines.
BALANCED = """
create or replace function settlement_check_entry() returns trigger language plpgsql as $$
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
"""

# 2. Lines come with their entry, on accounts of their currency, beside counterparties that are in the books. Neither entries
#    nor accounts can go or change afterwards, so asking when lines are written is enough, and three foreign keys that asked
#    once a line are gone. A merchant that has an account cannot be deleted: the account's own foreign key sees to that.
LINES = """
create or replace function settlement_check_lines() returns trigger language plpgsql as $$
begin
  if exists (select 1 from (select entry_id, max(n) as last from new_lines group by entry_id) l
             left join settlement_entry e on e.id = l.entry_id
             where e.id is null or e.xid <> pg_current_xact_id() or l.last > e.line_count) then
    raise exception 'ledger lines may only be written with their entry' using errcode = '23514';
  end if;
  if exists (select 1 from (select distinct account_id, currency from new_lines) l
             where not exists (select 1 from settlement_account a where a.id = l.account_id and a.currency = l.currency)) then
    raise exception 'a ledger line names an account of another currency, or none: a_line_has_its_accounts_currency'
      using errcode = '23503', constraint = 'a_line_has_its_accounts_currency';
  end if;
  if exists (select 1 from (select distinct counterparty_id from new_lines where counterparty_id is not null) l
             where not exists (select 1 from settlement_account a where a.merchant_id = l.counterparty_id)) then
    raise exception 'a ledger line names a counterparty that has no account: a_counterparty_is_in_the_books'
      using errcode = '23503', constraint = 'a_counterparty_is_in_the_books';
  end if;
  return null;
end $$;
alter table settlement_line drop constraint a_line_has_its_accounts_currency;
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

# 3. Closed periods, once a statement. FOR SHARE waits for a closing under way and then sees it; a closing waits for us.
PERIODS = """
drop trigger entry_in_open_period on settlement_entry;
create or replace function settlement_check_period() returns trigger language plpgsql as $$
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
"""

# 4. One round trip for a batch of entries. The accounts they touch are named once, by merchant, kind and currency, opened when
#    they are new, and locked in their order, so two postings never wait for each other in a circle. Numbers are drawn before
#    anything is written, so no line has to look its entry up. A key that exists is a replay and returns its entry; with
#    other content it is an error.
POST = """
drop function settlement_post;
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


class Migration(migrations.Migration):
    dependencies = [("settlement", "0003_mandates_and_second_persons")]

    operations = [
        migrations.AlterField(
            "line",
            "entry",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="settlement.entry",
            ),
        ),
        migrations.AlterField(
            "line",
            "counterparty",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.merchant",
            ),
        ),
        migrations.RunSQL(BALANCED + LINES + PERIODS + POST),
    ]
