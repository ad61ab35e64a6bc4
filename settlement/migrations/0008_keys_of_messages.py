"""What was said in a dispute never changes; the key it is written with does, when keys are rotated."""

from django.db import migrations

KEYS_ONLY = """
drop trigger disputemessage_is_append_only on settlement_disputemessage;
create trigger disputemessage_is_append_only before delete on settlement_disputemessage
  for each row execute function settlement_refuse();
create trigger disputemessage_keeps_what_was_said before update on settlement_disputemessage for each row
  when ((old.id, old.dispute_id, old.author_id, old.by, old.file_name, old.file_type, old.file, old.file_digest, old.said_at)
    is distinct from
    (new.id, new.dispute_id, new.author_id, new.by, new.file_name, new.file_type, new.file, new.file_digest, new.said_at))
  execute function settlement_refuse();
alter table settlement_disputemessage enable always trigger disputemessage_is_append_only;
alter table settlement_disputemessage enable always trigger disputemessage_keeps_what_was_said;
"""
NOTHING = """
drop trigger disputemessage_keeps_what_was_said on settlement_disputemessage;
drop trigger disputemessage_is_append_only on settlement_disputemessage;
create trigger disputemessage_is_append_only before update or delete on settlement_disputemessage
  for each row execute function settlement_refuse();
alter table settlement_disputemessage enable always trigger disputemessage_is_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0007_papers_of_transport")]

    operations = [migrations.RunSQL(KEYS_ONLY, NOTHING)]
