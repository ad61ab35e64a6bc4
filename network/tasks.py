"""The network stage's sweeps, woken by bells and by the schedule."""

from network import connect, inbox, notify, receive, tokens
from skuu.kit.jobs import answers_bell, drain, ring


@answers_bell
def handle_inbound() -> int:
    """Hand the inbox to its handlers until it is empty, stock figures too."""
    return drain(inbox.handle_due)


@answers_bell
def handle_figures() -> int:
    """Take over stock figures until none is left; nothing else is waited for."""
    return drain(inbox.take_figures, full=inbox.FIGURES)


@answers_bell
def settle_shops() -> int:
    """Give newly installed shops their shelf, subscriptions and first read."""
    return drain(connect.settle_unsettled)


@answers_bell
def mail_notices() -> int:
    """Mail what merchants must know."""
    return drain(notify.send_notices)


def refresh_tokens() -> int:
    """Keep the tokens of quiet shops alive."""
    return drain(tokens.refresh_quiet_tokens)


def check_shops() -> int:
    """Look at every shop once an hour and mend lost shelves and subscriptions."""
    return drain(connect.recheck_shops)


@answers_bell
def forget_bodies() -> int:
    """Erase the text of messages that nobody needs any more, and drop those that are long settled; go on until all is done."""
    done = drain(receive.drop_old_messages) + drain(receive.forget_old_bodies)
    if done:
        ring(forget_bodies)
    return done
