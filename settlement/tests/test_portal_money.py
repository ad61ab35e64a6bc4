"""The merchant's pages about money, by its people, its partner and a stranger."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from network.models import Membership, User
from settlement.balances import positions_of
from settlement.close import close_cycle
from settlement.coming import coming_of
from settlement.dispute import open_dispute
from settlement.invoice import issue_documents
from settlement.mandates import enter_mandate
from settlement.models import BankAccount, Dispute, DisputeMessage, Mandate, Payment, Statement, StoredFile
from settlement.pay import approve_payments, prepare_payments
from settlement.pay_files import write_payment_files
from settlement.settle import post_shipped
from settlement.tests.books import FRIDAY, IBANS, NETWORK, bank_account, camt, delivered, payable_sale
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID, settings.NETWORK_IBAN = "FR", "FR83404833048", NETWORK
    settings.STAFF_SECOND_FACTOR = False
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def people(client):
    shops = {name: make_shop(make_merchant(name)) for name in ("Alma", "Bruno", "Cara")}
    for name, shop in shops.items():
        user = User.objects.create_user(name.lower(), f"{name}@example.com", "x")
        Membership.everyone.create(user=user, merchant=shop.merchant, role="owner")
    return shops


def as_(client, name):
    client.force_login(User.objects.get(username=name))
    return client


def test_the_page_shows_payable_pending_and_held_and_a_strangers_shows_nothing(client, people):
    payable_sale(people["Bruno"], people["Alma"])
    delivered(people["Bruno"], people["Alma"], days_ago=3, nets=(50_00,), shipping=0)
    close_cycle(FRIDAY.date())
    page = as_(client, "alma").get("/money/").content.decode()
    assert ("€106.80" in page, "€49.80" in page, "next on 13 November 2026" in page) == (True, True, True)
    assert "P-" in page
    assert "No money has moved yet" in as_(client, "cara").get("/money/").content.decode()


def test_a_sale_is_explained_to_the_cent_to_both_parties_and_to_nobody_else(client, people):
    order = payable_sale(people["Bruno"], people["Alma"])
    close_cycle(FRIDAY.date())
    page = as_(client, "alma").get(f"/money/sales/{order.number}/").content.decode()
    for words in (
        "15 % for the selling shop",
        "20% VAT",
        "Network fee, 2 %",
        "€99.60" if False else "€106.80",
        "line 1",
    ):
        assert words.replace("20% VAT", "20 % VAT") in page
    assert "-€109.20" in as_(client, "bruno").get(f"/money/sales/{order.number}/").content.decode()
    assert as_(client, "cara").get(f"/money/sales/{order.number}/").status_code == 404


def test_a_statement_shows_states_and_its_files_are_stored_once(client, people):
    payable_sale(people["Bruno"], people["Alma"])
    close_cycle(FRIDAY.date())
    number = Statement.everyone.get(merchant=people["Alma"].merchant).number
    assert "Payable" in as_(client, "alma").get(f"/statements/{number}/").content.decode()
    for kind, start in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        first = client.get(f"/statements/{number}/{kind}/")
        assert first.content.startswith(start)
        assert client.get(f"/statements/{number}/{kind}/").content == first.content
        assert as_(client, "bruno").get(f"/statements/{number}/{kind}/").status_code == 404
        as_(client, "alma")
    assert StoredFile.everyone.count() == 2
    assert client.get(f"/statements/{number}/exe/").status_code == 404


def test_a_workbook_runs_no_formula_and_lists_what_is_pending(people):
    import io
    import zipfile

    from settlement.documents.statement_files import statement_xlsx

    delivered(people["Bruno"], people["Alma"], days_ago=3, title='=HYPERLINK("x")')
    close_cycle(FRIDAY.date())
    book = zipfile.ZipFile(io.BytesIO(statement_xlsx(Statement.everyone.get(merchant=people["Alma"].merchant))))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert b"&#39;=HYPERLINK" in book.read("xl/worksheets/sheet1.xml").replace(b"'=", b"&#39;=")
    assert b"pending" in book.read("xl/worksheets/sheet2.xml")


def test_a_dispute_is_opened_discussed_and_taken_back(client, people):
    order = payable_sale(people["Bruno"], people["Alma"])
    path = f"/money/sales/{order.number}/dispute/"
    assert as_(client, "cara").post(path, {"reason": "faulty", "text": "x"}).status_code == 404
    refused = as_(client, "bruno").post(path, {"reason": "faulty", "amount": "500", "text": "Torn"})
    assert (refused.status_code, Dispute.everyone.count()) == (422, 0)
    client.post(path, {"reason": "faulty", "amount": "34,00", "text": "Torn"})
    row = Dispute.everyone.get()
    assert [(p.payable, p.held) for p in positions_of(people["Bruno"].merchant)] == [(-75_20, -34_00)]
    evidence = SimpleUploadedFile("torn.png", b"\x89PNG\r\n...", "image/png")
    as_(client, "alma").post(f"/disputes/{row.number}/", {"text": "Was fine", "file": evidence})
    said = DisputeMessage.everyone.order_by("pk").last()
    assert (said.author.name, said.text, said.file_name) == ("Alma", "Was fine", "torn.png")
    file = as_(client, "bruno").get(f"/disputes/{row.number}/files/{said.pk}/")
    assert (file.content[:4], file["Content-Disposition"]) == (b"\x89PNG", 'attachment; filename="torn.png"')
    html = SimpleUploadedFile("x.png", b"<script>", "image/png")
    assert client.post(f"/disputes/{row.number}/", {"text": "", "file": html}).status_code == 422
    for address in (f"/disputes/{row.number}/", f"/disputes/{row.number}/files/{said.pk}/"):
        assert as_(client, "cara").get(address).status_code == 404
    assert as_(client, "alma").post(f"/disputes/{row.number}/withdraw/").status_code == 403
    as_(client, "bruno").post(f"/disputes/{row.number}/withdraw/")
    assert [(p.payable, p.held) for p in positions_of(people["Bruno"].merchant)] == [(-109_20, 0)]


def test_a_payment_file_is_for_its_payer_and_the_payee_says_it_arrived(client, people):
    payable_sale(people["Bruno"], people["Alma"])
    bank_account(people["Alma"])
    bank_account(people["Bruno"])
    approve_payments(prepare_payments(by="ina"), by="olaf")
    write_payment_files(by="ina")
    trade = Payment.everyone.get(kind="trade")
    path = f"/money/payments/{trade.number}"
    assert b"pain.001.001.09" in as_(client, "bruno").get(f"{path}/file/").content
    assert as_(client, "alma").get(f"{path}/file/").status_code == 404
    assert as_(client, "bruno").post(f"{path}/received/").status_code == 403
    as_(client, "alma").post(f"{path}/received/")
    trade.refresh_from_db()
    assert trade.status == "settled"


def test_a_bank_statement_is_read_on_the_page_and_rubbish_is_refused(client, people):
    payable_sale(people["Bruno"], people["Alma"])
    bank_account(people["Alma"])
    bank_account(people["Bruno"])
    approve_payments(prepare_payments(by="ina"), by="olaf")
    write_payment_files(by="ina")
    trade = Payment.everyone.get(kind="trade")
    as_(client, "alma").post("/money/bank-statement/", {"file": SimpleUploadedFile("x.xml", b"rubbish")})
    trade.refresh_from_db()
    assert trade.status == "instructed"
    content = camt((trade.number, 109_20, "EUR"))
    page = client.post("/money/bank-statement/", {"file": SimpleUploadedFile("x.xml", content)}, follow=True)
    assert "Read 1 bookings; 1 are about payments here." in page.content.decode()
    trade.refresh_from_db()
    assert trade.status == "settled"


def test_bank_details_ask_for_a_fresh_second_factor(client, people, settings):
    settings.STAFF_SECOND_FACTOR = True
    body = {"holder": "Alma", "iban": IBANS["Alma"]}
    assert "Show your second factor first" in as_(client, "alma").get("/money/bank/").content.decode()
    assert (client.post("/money/bank/", body).status_code, BankAccount.everyone.count()) == (422, 0)
    session = client.session
    user = User.objects.get(username="alma")
    session["account_authentication_methods"] = [{"method": "mfa", "at": FRIDAY.timestamp() - 60}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    assert (client.post("/money/bank/", body).status_code, BankAccount.everyone.count()) == (302, 1)


def test_documents_are_for_their_two_parties(client, people):
    delivered(people["Bruno"], people["Alma"])
    with time_machine.travel(dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC), tick=False):
        close_cycle(dt.date(2026, 10, 31))
        issue_documents(dt.date(2026, 10, 1), by="ina")
        invoice = next(f.document for f in StoredFile.everyone.filter(document__kind="389"))
        for name, status in (("alma", 200), ("bruno", 200), ("cara", 404)):
            assert as_(client, name).get(f"/documents/{invoice.pk}/pdf/").status_code == status
        assert invoice.number in as_(client, "bruno").get("/documents/").content.decode()
        assert invoice.number not in as_(client, "cara").get("/documents/").content.decode()


def test_a_mandate_is_prepared_read_signed_and_revoked_by_the_owner(client, people, settings):
    settings.NETWORK_CREDITOR_ID = "BE69ZZZ050D000000008"
    bank_account(people["Alma"], mandate=False)
    as_(client, "alma")
    assert "Prepare a mandate" in client.get("/money/bank/").content.decode()
    client.post("/money/bank/mandate/")
    row = Mandate.everyone.get()
    assert row.words[:40] in client.get("/money/bank/").content.decode()
    client.post(f"/money/bank/mandate/{row.reference}/sign/", {"name": " "})
    row.refresh_from_db()
    assert row.status == "entered"
    client.post(f"/money/bank/mandate/{row.reference}/sign/", {"name": "Ada Owner"})
    row.refresh_from_db()
    assert (row.status, row.signed_by) == ("signed", "Ada Owner")
    client.post(f"/money/bank/mandate/{row.reference}/revoke/")
    row.refresh_from_db()
    assert row.status == "revoked"
    assert "Revoked on" in client.get("/money/bank/").content.decode()


def test_a_mandate_is_not_signed_without_a_fresh_second_factor_nor_by_a_stranger(client, people, settings):
    settings.NETWORK_CREDITOR_ID, settings.STAFF_SECOND_FACTOR = "BE69ZZZ050D000000008", True
    bank_account(people["Alma"], mandate=False)
    row = enter_mandate(people["Alma"].merchant, by="owner")
    as_(client, "alma")
    client.post(f"/money/bank/mandate/{row.reference}/sign/", {"name": "Ada"})
    as_(client, "cara")
    for step in ("sign", "revoke"):
        assert client.post(f"/money/bank/mandate/{row.reference}/{step}/", {"name": "Cara"}).status_code == 404
    row.refresh_from_db()
    assert row.status == "entered"


def test_pending_amounts_are_told_by_the_day_they_become_payable(people):
    delivered(people["Bruno"], people["Alma"], days_ago=3)
    delivered(people["Bruno"], people["Alma"], days_ago=3, nets=(50_00,), shipping=0)
    make_internal_order(people["Bruno"], people["Alma"], nets=(10_00,), shipping=0)
    post_shipped()
    told = coming_of(people["Alma"].merchant_id, "EUR")
    assert [(one.on, one.sales, one.amount) for one in told] == [
        (FRIDAY.date() + dt.timedelta(days=14), 2, 106_80 + 49_80),
        (None, 1, 9_96),
    ]
    assert [one.width for one in told] == [100, 6]


def test_lists_are_filtered_and_a_filter_that_is_none_shows_all(client, people):
    order = payable_sale(people["Bruno"], people["Alma"])
    as_(client, "alma")
    open_dispute(order, merchant=people["Bruno"].merchant, reason="faulty", amount=None, text="Torn", by="bruno")
    assert "D-0" in client.get("/disputes/?state=open").content.decode()
    assert "D-0" not in client.get("/disputes/?state=ended").content.decode()
    assert "D-0" in client.get("/disputes/?state=mood").content.decode()
    for page in ("/documents/?kind=389&month=2026-10", "/documents/?kind=x&month=soon", "/money/?state=paid"):
        assert client.get(page).status_code == 200
