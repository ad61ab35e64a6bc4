"""The catalog's sweeps: each closes one difference between what is wanted and what is known to be true."""

from skuu.kit.jobs import answers_bell, drain


@answers_bell
def distribute() -> int:
    """Decide marked items again."""
    from catalog.distribute import BATCH, distribute_due, notice_changes

    notice_changes()  # before the backlog: a shop that was paused must not wait for it
    return drain(distribute_due, full=BATCH)


@answers_bell
def push() -> int:
    """Bring the shelves to what is wanted."""
    from catalog.push import keep_pushing

    return keep_pushing()


@answers_bell
def confirm() -> int:
    """Read again what webhooks told us of."""
    from catalog.sync import confirm_levels

    return drain(confirm_levels)


@answers_bell
def read() -> int:
    """Go on with larger reads."""
    from catalog.sync import continue_reads

    return drain(continue_reads)


@answers_bell
def match() -> int:
    """Match what is new or another."""
    from catalog.match import match_due

    return drain(match_due)


def start_matching_audit() -> None:
    """Have tonight's full rebuild compared with the links that stand."""
    from catalog.match_audit import start_audit
    from skuu.kit.jobs import ring

    start_audit()
    ring(audit_matching)


@answers_bell
def audit_matching() -> int:
    """Go on comparing the rebuild with the links that stand, and tell staff of an alarm."""
    from catalog.match_audit import audit_step, tell_alarms

    return drain(audit_step) + tell_alarms()


def sweep_changes() -> int:
    """Ask every shop what changed since the last look."""
    from catalog.sync import start_sweeps

    return start_sweeps()


def reconcile() -> int:
    """Read every shop as a whole, report and repair drift, and have every shelf decided again."""
    from catalog.mark import mark_all
    from catalog.sync import start_reconciles

    return start_reconciles() + mark_all()


def measure_shelves() -> int:
    """Measure ways, paces and delays anew: what shelves rest on moves from day to day."""
    from catalog.keep_back import measure_buffers
    from catalog.reach import measure_daily

    return measure_daily() + measure_buffers()


def draw_audits() -> int:
    """Draw the day's links for people to check, after closing the reports nobody need decide any more."""
    from catalog import gates, reports

    reports.close_ended_reports()
    return gates.draw_audits()


@answers_bell
def announce_classes() -> int:
    """Tell staff of classes of evidence that moved."""
    from catalog import gates

    return gates.announce_classes()


@answers_bell
def withdraw_links() -> int:
    """Take unproven links of stopped classes back."""
    from catalog.withdrawing import withdraw_due

    return drain(withdraw_due)


def propose_aliases() -> int:
    """Learn words from the verdicts since the last look."""
    from catalog import aliases

    return aliases.propose_aliases()


@answers_bell
def weigh_cards() -> int:
    """Say anew what is at stake on open cards."""
    from catalog.stakes import weigh_due

    return drain(weigh_due)


@answers_bell
def decide_in_bulk() -> int:
    """Go on with bulk decisions whose page was closed."""
    from catalog.bulk import go_on_with_all

    return drain(go_on_with_all)
