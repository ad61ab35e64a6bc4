"""Every recurring job, a row each: the bells a worker rings every few seconds, and the timetable of everything slower."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import catalog.tasks
import network.tasks
import network.vat_ids
import orders.tasks
import settlement.evidence
import settlement.tasks
import skuu.books
import skuu.leaving
import skuu.pulse


@dataclass(frozen=True)
class Bell:
    """A sweep that a worker wakes every so many seconds, in case its own call was lost."""

    job: Callable[[], Any]
    every: float


@dataclass(frozen=True)
class Row:
    """A job the queue starts every so many minutes."""

    job: Callable[[], Any]
    minutes: int


DAY = 24 * 60
BELLS = (
    # in the order of the story; each finds nothing to do in a millisecond when nothing was lost
    Bell(skuu.pulse.sing, 15),
    Bell(network.tasks.handle_inbound, 2),
    Bell(network.tasks.handle_figures, 2),
    Bell(network.tasks.settle_shops, 10),
    Bell(catalog.tasks.read, 2),
    Bell(catalog.tasks.match, 5),
    Bell(catalog.tasks.weigh_cards, 15),
    Bell(catalog.tasks.decide_in_bulk, 10),
    Bell(catalog.tasks.confirm, 3),
    Bell(orders.tasks.read_orders, 2),
    Bell(orders.tasks.sweep_suspected, 3),
    Bell(orders.tasks.route_orders, 3),
    Bell(orders.tasks.place_orders, 2),
    Bell(orders.tasks.accept_requests, 5),
    Bell(orders.tasks.read_parcels, 3),
    Bell(orders.tasks.push_parcels, 3),
    Bell(orders.tasks.mirror_parcels, 2),
    Bell(orders.tasks.tell_events, 5),
    Bell(orders.tasks.cancel_orders, 5),
    Bell(orders.tasks.tell_handed_back, 5),
    Bell(orders.tasks.restock_returns, 10),
    Bell(catalog.tasks.distribute, 2),
    Bell(catalog.tasks.push, 2),
    Bell(settlement.tasks.post_shipped, 10),
    Bell(settlement.tasks.post_returns, 10),
    Bell(network.tasks.mail_notices, 30),
    Bell(skuu.leaving.go_on_leaving, 30),
    Bell(catalog.tasks.audit_matching, 30),
    Bell(catalog.tasks.announce_classes, 60),
    Bell(catalog.tasks.withdraw_links, 60),
)
TIMETABLE = (
    Row(orders.tasks.sweep_orders, 1),
    Row(catalog.tasks.sweep_changes, 5),
    Row(orders.tasks.tidy_orders, 10),
    Row(network.tasks.check_shops, 60),
    Row(network.tasks.refresh_tokens, DAY),
    Row(settlement.tasks.close_due, 60),
    Row(settlement.tasks.release_pending, 60),
    Row(settlement.tasks.seal_ledger, 1),
    Row(settlement.evidence.collect_evidence, 10),
    Row(settlement.tasks.issue_last_month, DAY),
    Row(settlement.tasks.pause_debtors, DAY),
    Row(settlement.tasks.pause_over_limit, 10),
    Row(skuu.books.prove_books, DAY),
    Row(catalog.tasks.reconcile, DAY),
    Row(catalog.tasks.measure_shelves, DAY),
    Row(catalog.tasks.start_matching_audit, DAY),
    Row(catalog.tasks.draw_audits, DAY),
    Row(catalog.tasks.propose_aliases, DAY),
    Row(orders.tasks.erase_addresses, DAY),
    Row(network.tasks.forget_bodies, DAY),
    Row(network.vat_ids.check_due_registrations, DAY),
)
