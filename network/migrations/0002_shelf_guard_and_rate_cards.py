"""The database itself refuses a shelf among a shop's own locations; the first rate cards."""

import datetime as dt

from django.db import migrations

GUARD = """
create function network_shelf_is_not_own_stock() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'network_location' then
    if exists (select 1 from network_shop s where s.id = new.shop_id and s.shelf_location_id <> ''
               and s.shelf_location_id = new.remote_id) then
      raise exception 'location % is the shelf of shop % and never own stock', new.remote_id, new.shop_id
        using errcode = '23514', constraint = 'a_shelf_is_not_a_location';
    end if;
  elsif new.shelf_location_id <> '' and exists (
      select 1 from network_location l where l.shop_id = new.id and l.remote_id = new.shelf_location_id) then
    raise exception 'location % holds own stock of shop % and cannot be its shelf', new.shelf_location_id, new.id
      using errcode = '23514', constraint = 'a_shelf_is_not_a_location';
  end if;
  return new;
end $$;
create trigger shelf_is_not_own_stock before insert or update of remote_id, shop_id on network_location
  for each row execute function network_shelf_is_not_own_stock();
create trigger own_stock_is_not_shelf before insert or update of shelf_location_id on network_shop
  for each row execute function network_shelf_is_not_own_stock();
"""
UNDO = """
drop trigger shelf_is_not_own_stock on network_location;
drop trigger own_stock_is_not_shelf on network_shop;
drop function network_shelf_is_not_own_stock();
"""
KINDS = ("retailer", "brand", "supplier")


def first_rate_cards(apps, schema_editor):
    card = apps.get_model("network", "RateCard")
    card.objects.bulk_create(
        card(
            origin_kind=origin,
            shipper_kind=shipper,
            version=1,
            origin_bp=3000 if shipper in ("brand", "supplier") else 2000,
            network_bp=200,
            starts_on=dt.date(2026, 1, 1),
        )
        for origin in KINDS
        for shipper in KINDS
    )


class Migration(migrations.Migration):
    dependencies = [("network", "0001_initial"), ("django_q", "0018_task_success_index")]
    operations = [
        migrations.RunSQL(GUARD, UNDO),
        migrations.RunPython(first_rate_cards, migrations.RunPython.noop),
        # the queue's own look-up has no index: 8 ms become 0.1 ms at 50,000 waiting tasks
        migrations.RunSQL(
            "create index if not exists django_q_ormq_due on django_q_ormq (key, lock)",
            "drop index if exists django_q_ormq_due",
        ),
    ]
