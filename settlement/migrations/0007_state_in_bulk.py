"""Stating in bulk: a statement's lines are held against statements and entries once, and posting asks in fewer steps."""

import django.db.models.deletion
from django.db import migrations, models

# Neither statements nor entries can go, so asking when lines are written is enough.
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

# The same promises as before: entry, account with its currency, counterparty; in two looks instead of three.
LINES = """
create or replace function settlement_check_lines() returns trigger language plpgsql as $$
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
"""

# The open period of a day, or of the last closed day: looked for first, opened when there is none.
PERIODS = """
create or replace function settlement_open_period(effective date) returns bigint language plpgsql as $$
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


class Migration(migrations.Migration):
    dependencies = [("settlement", "0006_evidence")]

    operations = [
        migrations.AlterField(
            "statementline",
            "statement",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="settlement.statement",
            ),
        ),
        migrations.AlterField(
            "statementline",
            "entry",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlement.entry",
            ),
        ),
        migrations.RunSQL(STATED + LINES + PERIODS),
    ]
