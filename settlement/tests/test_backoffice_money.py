"""Staff approve, let leave, read the bank, name, decide, and see what would happen before it does."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from network.models import RateCard, User
from network.rate_cards import Rates
from settlement.admin_cycle import close_by_staff
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.dac7 import seller_report, seller_report_csv
from settlement.dispute import open_dispute
from settlement.models import BankLine, Cycle, Dispute, Payment, PaymentFile, Proposal
from settlement.preview_rates import preview_card
from settlement.tests.books import FRIDAY, NETWORK, bank_account, camt, delivered, payable_sale
from settlement.tests.cast import make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN, settings.NETWORK_CREDITOR_ID = (
        "FR",
        NETWORK,
        "BE69ZZZ050D000000008",
    )
    settings.STAFF_SECOND_FACTOR, settings.SETTLEMENT_MINIMUM_MINOR = False, 100
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def staff(client, name="ina", *, superuser=True):
    user = User.objects.filter(username=name).first() or User.objects.create_user(
        name, f"{name}@example.com", "x", is_staff=True, is_superuser=superuser
    )
    client.force_login(user)
    return client


def act(client, action, model="payment"):
    rows = [str(pk) for pk in Payment.everyone.values_list("pk", flat=True)]
    return client.post(f"/admin/settlement/{model}/", {"action": action, "_selected_action": rows})


def test_payments_leave_after_two_people_have_acted(client, alma, bruno):
    payable_sale(bruno, alma)
    bank_account(alma)
    bank_account(bruno)
    close_by_staff(FRIDAY.date().isoformat(), "ina")
    act(staff(client, "ina"), "approve")
    assert {p.status for p in Payment.everyone.all()} == {"prepared"}
    act(staff(client, "olaf"), "approve")
    act(client, "let_leave")
    assert PaymentFile.everyone.count() == 0
    act(staff(client, "ina"), "let_leave")
    assert {p.status for p in Payment.everyone.all()} == {"instructed"}
    own, trade = (PaymentFile.everyone.filter(merchant__isnull=flag).get() for flag in (True, False))
    assert b"pain.008" in client.get(f"/admin/settlement/paymentfile/{own.pk}/take/").content
    assert client.get(f"/admin/settlement/paymentfile/{trade.pk}/take/").status_code == 404


def test_staff_without_the_right_see_and_change_nothing(client, alma, bruno):
    payable_sale(bruno, alma)
    close_by_staff(FRIDAY.date().isoformat(), "ina")
    act(staff(client, "eva", superuser=False), "approve")
    assert {p.status for p in Payment.everyone.all()} == {"prepared"}
    for page in ("cycle/settle/", "cycle/three-ways/", "cycle/rate-cards/", "document/sellers/", "proposal/add/"):
        assert client.get(f"/admin/settlement/{page}").status_code == 403


def test_the_bank_statement_is_read_and_what_waits_in_suspense_is_named(client, alma, bruno):
    page = {"file": SimpleUploadedFile("x.xml", camt(("", 12_00, "EUR")))}
    assert staff(client).post("/admin/settlement/bankfile/add/", page).status_code == 302
    line = BankLine.everyone.get()
    address = f"/admin/settlement/bankline/{line.pk}/name/"
    assert client.post(address, {"payment": "P-0"}).status_code == 422
    assert client.post(address, {"merchant": alma.merchant_id, "reason": "Fees by hand"}).status_code == 302
    line.refresh_from_db()
    assert (line.status, positions_of(alma.merchant)) == ("suspense", [])
    decide = f"/admin/settlement/proposal/{Proposal.objects.get().pk}/decide/"
    assert "€12.00" in client.get(decide).content.decode()
    assert client.post(decide, {"agree": "1"}).status_code == 422
    assert staff(client, "olaf").post(decide, {"agree": "1"}).status_code == 302
    line.refresh_from_db()
    assert (line.status, [p.payable for p in positions_of(alma.merchant)]) == ("matched", [12_00])
    assert check_ledger(strict=True).findings == []


def test_a_dispute_is_decided_and_both_sides_move_by_the_same(client, alma, bruno):
    order = payable_sale(bruno, alma)
    row = open_dispute(order, merchant=bruno.merchant, reason="faulty", amount=34_00, text="Torn", by="bruno")
    address = f"/admin/settlement/dispute/{row.pk}/decide/"
    assert "Torn" in staff(client).get(address).content.decode()
    assert staff(client).post(address, {"text": "Send a photo"}).status_code == 302
    assert Dispute.everyone.get().status == "open"
    assert client.post(address, {"text": "80 %", "to_origin": "99.00", "decide": "on"}).status_code == 422
    client.post(address, {"text": "80 % to the selling shop", "to_origin": "27.20", "decide": "on"})
    row.refresh_from_db()
    assert (row.status, row.to_origin) == ("resolved", 27_20)
    assert [(p.payable, p.held) for p in positions_of(bruno.merchant)] == [(-82_00, 0)]
    assert [(p.payable, p.held) for p in positions_of(alma.merchant)] == [(79_60, 0)]
    assert check_ledger(strict=True).findings == []


def test_a_penalty_is_shown_proposed_and_agreed_to(client, alma, bruno):
    order = payable_sale(bruno, alma)
    form = {
        "kind": "penalty", "payer": alma.merchant_id, "payee": bruno.merchant_id, "amount": "2,00", "currency": "EUR",
        "order": order.number, "reason": "The size was not there",
    }  # fmt: skip
    page = "/admin/settlement/proposal/add/"
    shown = staff(client).post(page, form)
    assert ("€104.80" in shown.content.decode(), Proposal.objects.count()) == (True, 0)
    assert client.post(page, form | {"order": "N-0", "propose": "1"}).status_code == 422
    assert client.post(page, form | {"payee": "", "propose": "1"}).status_code == 422
    refused = client.post(page, form | {"currency": "BBD", "propose": "1"})
    assert (refused.status_code, Proposal.objects.count()) == (422, 0)
    assert "No exchange rate of BBD" in refused.content.decode()
    assert client.post(page, form | {"propose": "1"}).status_code == 302
    decide = f"/admin/settlement/proposal/{Proposal.objects.get().pk}/decide/"
    assert client.post(decide, {"agree": "1"}).status_code == 422
    assert staff(client, "eva", superuser=False).get(decide).status_code == 403
    assert staff(client, "olaf").post(decide, {"agree": "1"}).status_code == 302
    assert [p.payable for p in positions_of(alma.merchant)] == [104_80]
    assert client.get("/admin/settlement/proposal/?q=Alma").status_code == 200
    assert client.get("/admin/settlement/mandate/").status_code == 200


def test_settling_is_shown_before_it_is_done(client, alma, bruno):
    payable_sale(bruno, alma)
    page = staff(client).post("/admin/settlement/cycle/settle/", {"through": "2026-10-30"}).content.decode()
    assert ("€106.80" in page, "€109.20" in page, Cycle.objects.count()) == (True, True, 0)
    assert close_by_staff("2026-10-30", "ina") == 2


def test_other_rates_are_previewed_on_the_sales_there_were(client, alma, bruno):
    delivered(bruno, alma)
    close_by_staff(FRIDAY.date().isoformat(), "ina")
    (effect,) = preview_card(Rates("retailer", "retailer", 2000, 300), since=FRIDAY.date().replace(day=1))
    assert [(name, more) for name, _, _, more in effect.rows] == [
        ("Selling shops", 5_00),
        ("Network", 1_00),
        ("Shipping shops", -6_00),
    ]
    page, query = "/admin/settlement/cycle/rate-cards/", {
        "route": "retailer-retailer", "origin": "20", "network": "3", "days": "60", "currency": "EUR", "starts_on": "2026-11-01",
    }  # fmt: skip
    assert "€20.00" in staff(client).get(page, query).content.decode()
    (effect,) = preview_card(
        Rates("retailer", "retailer", 1500, 200, network_min_minor=3_00), since=FRIDAY.date().replace(day=1)
    )
    assert (effect.network_then, effect.bounded) == (3_00, 1)
    cards, why = RateCard.objects.count(), {"reason": "For the autumn"}
    assert client.post(page, query | why | {"starts_on": "2026-10-01"}).status_code == 422
    assert client.post(page, query | why | {"least": "5.00", "most": "4.00"}).status_code == 422
    assert client.post(page, query | {"reason": ""}).status_code == 422
    assert Proposal.objects.count() == 0
    assert client.post(page, query | why | {"ends_on": "2026-11-30", "least": "0.50"}).status_code == 302
    assert client.post(page, query | why).status_code == 422  # this route waits for a decision
    decide = f"/admin/settlement/proposal/{Proposal.objects.get().pk}/decide/"
    assert client.post(decide, {"agree": "1"}).status_code == 422
    assert (RateCard.objects.count(), client.get("/admin/network/ratecard/add/").status_code) == (cards, 403)
    shown = staff(client, "olaf").get(decide).content.decode()
    assert ("€20.00" in shown, "For the autumn" in shown, RateCard.objects.count()) == (True, True, cards)
    assert client.post(decide, {"agree": "1"}).status_code == 302
    card = RateCard.objects.order_by("-version").first()
    told = (RateCard.objects.count(), card.origin_bp, card.network_min_minor, card.ends_on.isoformat())
    assert told == (cards + 1, 2000, 50, "2026-11-30")


def test_the_sellers_report_counts_by_quarter_and_marks_small_ones(client, alma, bruno):
    bank_account(alma)
    delivered(bruno, alma)
    close_by_staff(FRIDAY.date().isoformat(), "ina")
    (row,) = seller_report(2026)
    assert (row.sales, row.consideration, row.fees) == ((0, 0, 0, 1), (0, 0, 0, 89_00), (0, 0, 0, 2_00))
    assert (row.is_small, row.account[:4]) == (True, "FR76")
    assert b",89.00," in seller_report_csv(2026)
    assert "small seller" in staff(client).get("/admin/settlement/document/sellers/?year=2026").content.decode()
    assert client.get("/admin/settlement/document/sellers/?year=2026&csv").content == seller_report_csv(2026)
