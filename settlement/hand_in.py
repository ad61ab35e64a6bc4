"""What proves a transport on paper: the shipper hands it in for one internal order, both parties and the network can read it."""

import base64
import binascii
import datetime as dt
import hashlib
import json
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from orders.models import InternalOrder
from settlement.dispute import FILE_TYPES, LARGEST_FILE
from settlement.models import Evidence, EvidenceFile
from skuu.kit.errors import NotFound, NotPossible

MOST_PAPERS = 40  # of one internal order


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it was handed in: what it is, who issued it and on which day, and its file."""

    kind: str
    issuer: str
    issued_on: dt.date
    name: str
    type: str
    content: bytes


def hand_in(number: str, paper: Paper, *, merchant: Merchant, by: str) -> Evidence:
    """Keep a paper about the transport of an internal order; only the merchant that shipped it hands one in.

    A paper that neither party issued counts as independent. *Locks* the internal order. *Again*: the same file of the same kind
    is kept once. Raises NotFound for anybody but the shipper, NotPossible for what is no such paper.
    """
    _check(paper)
    with as_network(), transaction.atomic():
        rows = InternalOrder.everyone.select_for_update(of=("self",)).filter(shipper__merchant=merchant, number=number)
        order = rows.select_related("order__shop__merchant", "shipper__merchant").first()
        if order is None:
            raise NotFound("There is no such order.")
        if order.shipped_at is None:
            raise NotPossible("Nothing has been sent yet.", code="not_shipped")
        facts = {
            "file": hashlib.sha256(paper.content).hexdigest(),
            "name": paper.name[-120:],
            "type": paper.type,
            "size": len(paper.content),
            "handed_in_by": merchant.pk,
            "by": by,
        }
        standing = Evidence.everyone.filter(internal_order=order, kind__in=Evidence.HANDED_IN)
        same = standing.filter(kind=paper.kind, facts__file=facts["file"]).first()
        if same is not None:
            return same
        if standing.count() >= MOST_PAPERS:
            raise NotPossible(f"{number} has {MOST_PAPERS} papers already.", code="too_many")
        row = Evidence.everyone.create(
            internal_order=order,
            kind=paper.kind,
            issuer=paper.issuer.strip()[:60],
            is_independent=_is_independent(paper.issuer, order),
            at=dt.datetime.combine(paper.issued_on, dt.time(12), timezone.get_current_timezone()),
            facts=facts,
            digest=hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest(),
        )
        EvidenceFile.everyone.create(evidence=row, content=base64.b64encode(paper.content).decode())
        return row


def read_paper(evidence: Evidence) -> bytes:
    """Give a paper as it was handed in. Raises NotFound when there is none, or it is not what was handed in any more."""
    with as_network():
        file = EvidenceFile.everyone.filter(evidence=evidence).first()
    try:
        content = base64.b64decode(file.content, validate=True) if file is not None else b""
    except binascii.Error:
        content = b""
    if hashlib.sha256(content).hexdigest() != evidence.facts.get("file"):
        raise NotFound("There is no such file, or it is not the one that was handed in.")
    return content


def find_paper(number: str, pk: int, merchant: Merchant) -> Evidence:
    """Find a paper for one of the two parties of its internal order. Raises NotFound for strangers."""
    with as_network():
        row = (
            Evidence.everyone.filter(pk=pk, internal_order__number=number, kind__in=Evidence.HANDED_IN)
            .select_related("internal_order__order__shop", "internal_order__shipper")
            .first()
        )
        order = row.internal_order if row is not None else None
    if row is None or order is None or merchant.pk not in (order.order.shop.merchant_id, order.shipper.merchant_id):
        raise NotFound("There is no such file.")
    return row


def _is_independent(issuer: str, order: InternalOrder) -> bool:
    said = issuer.strip().casefold()
    parties = (order.order.shop.merchant, order.shipper.merchant)
    names = {name.casefold() for party in parties for name in (party.name, party.legal_name)}
    return said not in names | {order.order.shop.name.casefold(), order.shipper.name.casefold()}


def _check(paper: Paper) -> None:
    if paper.kind not in Evidence.HANDED_IN:
        raise NotPossible("Say what kind of paper it is.", code="bad_kind")
    if len(paper.issuer.strip()) < 2:
        raise NotPossible("Say who issued it: the carrier, the insurer, the bank.", code="no_issuer")
    if paper.issued_on > timezone.localdate():
        raise NotPossible("It is not issued yet.", code="future_date")
    start = FILE_TYPES.get(paper.type)
    if start is None or not paper.content.startswith(start):
        raise NotPossible("Evidence is a PDF, a PNG or a JPEG.", code="bad_file")
    if len(paper.content) > LARGEST_FILE:
        raise NotPossible("The file is larger than 5 MB.", code="too_large")
