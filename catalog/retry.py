"""Staff's “try again now” for a shelf that was put off after an error; never for a push under way."""

from django.utils import timezone

from catalog.models import Placement
from catalog.shelf_rows import LEASE
from skuu.kit.errors import NotFound
from skuu.kit.jobs import ring


def retry_placement(pk: int) -> bool:
    """Make a placement's next push due now; False when it is due in a moment anyway. *Again*: no change. *Raises* NotFound."""
    row = Placement.everyone.filter(pk=pk)
    if not row.exists():
        raise NotFound("There is no such placement.")
    now = timezone.now()
    moved = row.filter(next_attempt_at__gt=now + LEASE).update(next_attempt_at=now, tries=0)
    from catalog import tasks

    ring(tasks.push)
    return bool(moved)
