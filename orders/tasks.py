"""The sweeps of this stage: each closes one difference between what is wanted and what is known to be true."""

from skuu.kit.jobs import answers_bell, drain


@answers_bell
def read_orders() -> int:
    """Read orders that changed, claim and plan at once."""
    from orders.accept import read_due

    return drain(read_due)


@answers_bell
def route_orders() -> int:
    """Find partners for waiting lines."""
    from orders.route import route_due

    return drain(route_due)


@answers_bell
def place_orders() -> int:
    """Place planned internal orders at their shippers."""
    from orders.place import place_due

    return drain(place_due)


@answers_bell
def accept_requests() -> int:
    """Accept the selling shops' fulfilment requests for what is placed."""
    from orders.place import accept_requests_due

    return drain(accept_requests_due)


@answers_bell
def read_parcels() -> int:
    """Read what left the shippers' doors."""
    from orders.fulfil import read_fulfilments_due

    return drain(read_fulfilments_due)


@answers_bell
def push_parcels() -> int:
    """Enter parcels from portal and API in the shippers' own stores."""
    from orders.fulfil import push_parcels_due

    return drain(push_parcels_due)


@answers_bell
def mirror_parcels() -> int:
    """Show parcels in the selling shops' orders."""
    from orders.mirror import mirror_due

    return drain(mirror_due)


@answers_bell
def tell_events() -> int:
    """Say in the selling shops what carriers said of their parcels."""
    from orders.events import tell_events_due

    return drain(tell_events_due)


@answers_bell
def cancel_orders() -> int:
    """Cancel at their shippers what is called back."""
    from orders.cancel import cancel_due

    return drain(cancel_due)


@answers_bell
def tell_handed_back() -> int:
    """Hand given-back lines back in the selling shops."""
    from orders.hand_back import tell_handed_back as step

    return drain(step)


@answers_bell
def restock_returns() -> int:
    """Add units that came back at their shippers' stores."""
    from orders.restock import restock_due

    return drain(restock_due)


@answers_bell
def sweep_suspected() -> int:
    """Look for sales that a shelf betrayed before its shop told us."""
    from orders.accept import sweep_suspected as step

    return step()


def sweep_orders() -> int:
    """Every minute: look for orders whose messages were lost."""
    from orders.accept import sweep_all_orders

    return sweep_all_orders()


def tidy_orders() -> int:
    """Every ten minutes: give back unpaid claims, pass on unanswered and overdue orders and what lies at shippers that are gone,
    presume late parcels delivered, end silent returns, expect no more units that have come back, count punctuality, forget the
    text of privacy requests that are dealt with.
    """
    from network.forget import forget_requests
    from orders.arrived import forget_arrived
    from orders.deliver import presume_delivered
    from orders.lost import end_at_lost_shippers
    from orders.overdue import chase_overdue, remind_unanswered
    from orders.place import expire_unanswered
    from orders.punctual import count_punctuality
    from orders.route import release_unpaid
    from orders.silent_returns import end_silent_returns, remind_silent

    done = release_unpaid() + expire_unanswered() + presume_delivered() + count_punctuality()
    done += remind_unanswered() + chase_overdue() + end_at_lost_shippers()
    return done + remind_silent() + end_silent_returns() + forget_arrived() + forget_requests()


def erase_addresses() -> int:
    """Every night: erase addresses and answers whose purpose is over."""
    from orders.redact import erase_addresses as step
    from orders.redact import erase_answers

    return drain(step) + drain(erase_answers)
