"""Are the books whole: the newest entries are summed whenever somebody asks, everything is proven by night.

What the night finds stays an alarm until a later proof finds nothing.
"""

from django.db import connection

from settlement import tasks
from skuu.kit.models import Heartbeat

NEWEST = 1_000  # entries summed on every look: what is older never changes, and the night looks at all of it
IN_DOUBT = "books in doubt"

_UNEVEN = """
select entry_id, currency, sum(amount) from settlement_line
where entry_id > (select coalesce(max(id), 0) - %s from settlement_entry)
group by entry_id, currency having sum(amount) <> 0 order by entry_id limit 5
"""


def doubts_about_books() -> list[str]:
    """Say what is wrong with the ledger, in a sentence each; one indexed query and one row. Amounts in minor units."""
    with connection.cursor() as cursor:
        cursor.execute(_UNEVEN, [NEWEST])
        uneven = [f"The ledger does not sum to zero: entry {row[0]} by {row[2]} {row[1]}." for row in cursor.fetchall()]
    doubt = Heartbeat.objects.filter(name=IN_DOUBT).first()
    if doubt is not None:
        uneven.append(f"The proof of the books at {doubt.at:%Y-%m-%d %H:%M} UTC found promises that do not hold.")
    return uneven


def prove_books() -> int:
    """Prove the ledger and remember whether it is in doubt; returns how many promises do not hold. *Again*: the newest answer."""
    found = tasks.prove_books()
    if found:
        Heartbeat.beat(IN_DOUBT)
    else:
        Heartbeat.objects.filter(name=IN_DOUBT).delete()
    return found
