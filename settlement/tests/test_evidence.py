"""Evidence behind the VAT of a sale: frozen as it was known, noted once, and never presumed."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from network.vat_ids import check_registration
from orders.models import Parcel
from settlement.evidence import collect_evidence, evidence_of, is_proven
from settlement.models import Evidence
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale():
    alma, bruno = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno"))
    return make_internal_order(bruno, alma)


def parcel(sale, **also) -> Parcel:
    facts = {"carrier": "Colissimo", "tracking_number": "6A123", "shipped_at": timezone.now()}
    return Parcel.everyone.create(internal_order=sale, **(facts | also))


def test_both_standings_are_frozen_with_what_the_register_had_answered(sale):
    registration = sale.shipper.merchant.tax_registrations.get()
    registration.vat_id = "FR83404833048"
    registration.save()
    check_registration(registration, by="ina")
    assert (collect_evidence(), collect_evidence()) == (1, 0)
    facts = Evidence.everyone.get().facts
    assert (facts["transport"], facts["treatment"], facts["origin"]["oss"]) == ("origin", "domestic", False)
    (shipper,) = facts["shipper"]["vat_ids"]
    assert (shipper["vat_id"], shipper["answer"], shipper["source"]) == ("FR83404833048", "not_checked", "nobody")
    (origin,) = facts["origin"]["vat_ids"]
    assert (origin["answer"], origin["asked_at"]) == ("not_checked", None)
    type(registration.merchant).everyone.update(oss=True)
    assert collect_evidence() == 0
    assert Evidence.everyone.get().facts == facts


def test_a_registration_of_another_time_is_none(sale):
    sale.shipper.merchant.tax_registrations.update(valid_to=dt.date(2025, 1, 1))
    collect_evidence()
    assert Evidence.everyone.get().facts["shipper"]["vat_ids"] == []


def test_a_parcel_and_its_delivery_are_two_independent_pieces(sale):
    sent = parcel(sale)
    collect_evidence()
    assert [(one.kind, one.issuer, one.is_independent) for one in evidence_of(sale.pk) if one.kind != "standing"] == [
        ("parcel", "Colissimo", True)
    ]
    assert not is_proven(evidence_of(sale.pk))
    Parcel.everyone.filter(pk=sent.pk).update(delivered_at=timezone.now())
    assert (collect_evidence(), collect_evidence()) == (1, 0)
    assert is_proven(evidence_of(sale.pk))


def test_what_is_presumed_or_was_cancelled_is_evidence_of_nothing(sale):
    parcel(sale, delivered_at=timezone.now(), delivery_presumed=True)
    parcel(sale, tracking_number="6A124", cancelled_at=timezone.now())
    collect_evidence()
    assert sorted(one.kind for one in evidence_of(sale.pk)) == ["parcel", "standing"]


def test_a_corrected_tracking_number_is_another_piece_and_the_first_stays(sale):
    sent = parcel(sale)
    collect_evidence()
    Parcel.everyone.filter(pk=sent.pk).update(tracking_number="6A999")
    collect_evidence()
    told = [one.facts["tracking_number"] for one in evidence_of(sale.pk) if one.kind == "parcel"]
    assert sorted(told) == ["6A123", "6A999"]


@pytest.mark.parametrize(
    "statement", ["update settlement_evidence set issuer = 'me'", "delete from settlement_evidence"]
)
def test_nothing_noted_is_changed_or_taken_away(sale, statement):
    collect_evidence()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Evidence.everyone.count() == 1
