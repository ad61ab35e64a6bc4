"""The guards of what was added around the ledger: released once, stored once, said once; and what was released before."""

from django.db import migrations

APPEND_ONLY = (
    "settlement_released",
    "settlement_documententry",
    "settlement_document",
    "settlement_storedfile",
    "settlement_disputemessage",
)
NEVER_DELETED = (
    "settlement_paymentfile",
    "settlement_payment",
    "settlement_bankfile",
    "settlement_bankline",
    "settlement_dispute",
    "settlement_seal",
)


def _guards() -> str:
    parts = []
    for table in APPEND_ONLY:
        name = table.removeprefix("settlement_")
        parts.append(
            f"create trigger {name}_is_append_only before update or delete on {table} "
            f"for each row execute function settlement_refuse(); "
            f"create trigger {name}_is_never_truncated before truncate on {table} execute function settlement_refuse(); "
            f"alter table {table} enable always trigger {name}_is_append_only; "
            f"alter table {table} enable always trigger {name}_is_never_truncated;"
        )
    for table in NEVER_DELETED:
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

# What cycles closed before this released as a whole.
BACKFILL = """
insert into settlement_released (entry_id, by_entry_id)
select e.id, coalesce((select min(r.id) from settlement_entry r where r.kind = 'release' and r.ref = 'cycle:' || p.cycle_id), e.id)
from settlement_entry e join settlement_period p on p.id = e.period_id
where p.closed_at is not null and e.kind <> 'release' and exists (
  select 1 from settlement_line l join settlement_account a on a.id = l.account_id
  where l.entry_id = e.id and a.kind = 'merchant_pending')
on conflict do nothing;
"""


def _undo() -> str:
    drops = [
        f"drop trigger {t.removeprefix('settlement_')}_{what} on {t};"
        for t in APPEND_ONLY
        for what in ("is_append_only", "is_never_truncated")
    ]
    drops += [f"drop trigger {t.removeprefix('settlement_')}_is_never_deleted on {t};" for t in NEVER_DELETED]
    drops += [
        "drop trigger sealed_block_is_final on settlement_seal;",
        "drop trigger payment_file_is_final on settlement_paymentfile;",
    ]
    return "\n".join(drops)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0004_money_moves")]

    operations = [migrations.RunSQL(_guards() + FINAL + BACKFILL, _undo())]
