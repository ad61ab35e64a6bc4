"""The shared cache: throttles and login limits count across processes."""

from django.db import migrations

TABLE = """
create table if not exists skuu_cache (cache_key varchar(255) primary key, value text not null, expires timestamptz not null);
create index if not exists skuu_cache_expires on skuu_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_initial")]
    operations = [migrations.RunSQL(TABLE, "drop table if exists skuu_cache")]
