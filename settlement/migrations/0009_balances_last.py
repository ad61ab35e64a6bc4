"""Entries are written and proved before the balances are locked, so that two postings wait for each other's sums only."""

import importlib

from django.db import migrations

_BEFORE = importlib.import_module("settlement.migrations.0002_guards").POST.replace("create function", "create or replace function")

# As before, but for the order: lines first, held against their entries at once instead of at commit, then the balances.
POST = """
create or replace function settlement_post(
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

  insert into settlement_line (entry_id, n, account_id, currency, amount, tag, counterparty_id, item)
    select drawn[l.e], row_number() over (partition by l.e order by l.o), accounts[l.account], account_currencies[l.account],
      l.amount, l.tag, l.counterparty, l.item
    from unnest(line_entries, line_accounts, line_amounts, line_tags, line_counterparties, line_items)
      with ordinality as l(e, account, amount, tag, counterparty, item, o)
    where drawn[l.e] is not null;
  set constraints entry_balanced immediate;
  set constraints entry_balanced deferred;

  perform 1 from settlement_balance where account_id = any(accounts) order by account_id for no key update;
  get diagnostics locked = row_count;
  if locked < tracked then
    insert into settlement_balance (account_id)
      select a.id from settlement_account a where a.id = any(accounts) and a.track_balance order by a.id on conflict do nothing;
    perform 1 from settlement_balance where account_id = any(accounts) order by account_id for no key update;
  end if;

  with sums as (
    select accounts[l.account] as account_id, sum(l.amount)::bigint as moved, max(drawn[l.e]) as last
    from unnest(line_entries, line_accounts, line_amounts) as l(e, account, amount)
    where drawn[l.e] is not null group by 1
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
    dependencies = [("settlement", "0008_keys_of_messages")]

    operations = [migrations.RunSQL(POST, _BEFORE)]
