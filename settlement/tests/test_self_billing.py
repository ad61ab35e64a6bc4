"""Self-billing: nothing is drawn up in the name of who has not agreed, and each document is accepted or objected to by its supplier."""

import datetime as dt
import hashlib
import io
import json

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, transaction

from network.models import ApiKey, Membership, Notice, User
from settlement.accept_documents import NotObjectable, acceptances, answer_objection, object_to_document
from settlement.agreement_texts import CURRENT, TEXTS, AgreementText
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.invoice import issue_documents
from settlement.models import Document, DocumentEntry, DocumentObjection, NumberSeries, SelfBilling, Unbilled
from settlement.post import reverse_entry
from settlement.self_billing import (
    agree_self_billing,
    digest_of,
    revoke_self_billing,
    standing_agreement,
    words_for,
)
from settlement.settle import post_shipped
from settlement.tests.books import delivered
from settlement.tests.cast import agree, make_merchant, make_shop
from settlement.unbilled import told_of_amounts
from skuu.kit.errors import NotFound, NotPossible, WrongState
from skuu.testing.signing_in import signed_in
from skuu.waiting import what_waits

pytestmark = pytest.mark.django_db

MONDAY = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
OCTOBER, NOVEMBER = dt.date(2026, 10, 1), dt.date(2026, 11, 1)
# the texts as they were published: another wording is another version
PUBLISHED = {"2026-11": (14, "a9e575f62893dd356470825e813d3ef015f3fd23e957b6f396e2e0ebdde49d1d")}


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    settings.NETWORK_CITY, settings.NETWORK_POSTCODE = "Paris", "75001"
    settings.STAFF_SECOND_FACTOR = False
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    """Alma supplies, and has agreed to nothing yet."""
    return make_shop(make_merchant("Alma", agreed=False))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


@pytest.fixture
def cara():
    return make_shop(make_merchant("Cara"))


def person(shop, role="owner"):
    user = User.objects.create_user(f"{shop.merchant.name}-{role}", f"{shop.merchant.name}@example.com", "x")
    Membership.everyone.create(user=user, merchant=shop.merchant, role=role)
    return user


def documents():
    rows = Document.everyone.order_by("kind", "pk")
    return [(row.kind, row.number.split("-")[-1], row.month, row.net, row.vat) for row in rows]


def october(shop, other, **also):
    """Sell, and close October."""
    delivered(other, shop, **also)
    post_shipped()
    close_cycle(dt.date(2026, 10, 31))


class TestTheAgreement:
    def test_is_a_version_that_never_changes(self):
        told = {one.version: (one.days, hashlib.sha256(one.words.encode()).hexdigest()) for one in TEXTS}
        assert told == PUBLISHED
        assert CURRENT is TEXTS[-1]

    def test_is_kept_with_who_when_and_what_was_read(self, alma):
        words = words_for(alma.merchant)
        row = agree_self_billing(alma.merchant, by="ada", name=" Ada Owner ", digest=digest_of(words))
        assert (row.version, row.days_to_object, row.name, row.agreed_by, row.agreed_on, row.ends_on) == (
            "2026-11", 14, "Ada Owner", "ada", MONDAY.date(), None,
        )  # fmt: skip
        assert (row.agreed_at, row.words, row.digest) == (MONDAY, words, hashlib.sha256(words.encode()).hexdigest())
        for said in (alma.merchant.legal_name, "SKUU Network BV", "Version 2026-11", "14th day", "Articles 224"):
            assert said in words
        assert agree_self_billing(alma.merchant, by="bob", name="Bob", digest="whatever") == row  # once is enough
        assert SelfBilling.everyone.filter(merchant=alma.merchant).count() == 1

    def test_of_a_text_that_was_not_read_or_by_nobody_is_refused(self, alma):
        for name, digest, error in ((" ", digest_of(words_for(alma.merchant)), NotPossible), ("Ada", "x", WrongState)):
            with pytest.raises(error):
                agree_self_billing(alma.merchant, by="ada", name=name, digest=digest)
        assert (SelfBilling.everyone.filter(merchant=alma.merchant).count(), standing_agreement(alma.merchant)) == (
            0,
            None,
        )

    def test_stands_until_the_day_from_which_it_is_revoked(self, alma, clock):
        agree(alma.merchant)
        row = standing_agreement(alma.merchant)
        with pytest.raises(NotPossible):
            revoke_self_billing(row, by="ada", from_on=dt.date(2026, 11, 1))
        revoke_self_billing(row, by="ada", from_on=dt.date(2026, 11, 5))
        revoke_self_billing(row, by="bob", from_on=dt.date(2026, 11, 5))
        with pytest.raises(WrongState):
            revoke_self_billing(row, by="ada", from_on=dt.date(2026, 11, 4))
        row.refresh_from_db()
        assert (row.ends_on, row.ended_by, row.ended_at) == (dt.date(2026, 11, 5), "ada", MONDAY)
        assert standing_agreement(alma.merchant, dt.date(2026, 11, 4)) == row
        assert standing_agreement(alma.merchant, dt.date(2026, 11, 5)) is None
        clock.shift(dt.timedelta(days=3))
        assert standing_agreement(alma.merchant) is None

    def test_to_a_newer_version_takes_the_place_of_the_older(self, alma, monkeypatch):
        agree(alma.merchant)
        first = standing_agreement(alma.merchant)
        monkeypatch.setattr("settlement.self_billing.CURRENT", AgreementText("2027-01", 10, CURRENT.words))
        assert standing_agreement(alma.merchant) == first  # what was agreed stands until another is
        agree(alma.merchant)
        second = standing_agreement(alma.merchant)
        first.refresh_from_db()
        assert (first.ends_on, second.version, second.days_to_object) == (MONDAY.date(), "2027-01", 10)

    def test_never_changes_and_is_never_deleted(self, alma):
        agree(alma.merchant)
        row = standing_agreement(alma.merchant)
        own = SelfBilling.everyone.filter(pk=row.pk)
        for change in (
            lambda: own.update(name="Eve"),
            lambda: own.update(words="x", digest="x"),
            lambda: own._raw_delete("default"),
            lambda: (revoke_self_billing(row, by="a", from_on=MONDAY.date()), own.update(ends_on=None)),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert standing_agreement(alma.merchant) == row


class TestSalesOfWhoHasNotAgreed:
    def test_wait_with_reason_and_amount_and_are_drawn_up_by_the_run_after(self, alma, bruno):
        october(alma, bruno)
        issued = issue_documents(OCTOBER, by="ina")
        assert issued.stuck == {}
        assert documents() == [("380", "00001", OCTOBER, 2_00, 40)]  # the network's own for its fee
        row = Unbilled.everyone.get()
        assert (row.supplier, row.buyer, row.month, row.is_credit, row.sales) == (
            alma.merchant, bruno.merchant, OCTOBER, False, 1,
        )  # fmt: skip
        assert (row.net, row.vat, row.gross, row.currency) == (91_00, 18_20, 109_20, "EUR")
        assert NumberSeries.objects.filter(supplier=alma.merchant).count() == 0
        issue_documents(OCTOBER, by="ina")  # says nothing anew
        notice = Notice.everyone.get(kind="self_billing")
        assert (notice.shop, notice.subject, notice.done_at) == (
            alma, "Your sales of October 2026 wait for your agreement to self-billing", None,
        )  # fmt: skip
        assert (DocumentEntry.objects.filter(about="supply").count(), told_of_amounts()) == (0, "€109.20")
        agree(alma.merchant)
        assert issue_documents(OCTOBER, by="ina").waiting == []
        assert documents()[-1] == ("389", "00001", OCTOBER, 91_00, 18_20)
        assert Notice.everyone.get(kind="self_billing").done_at == MONDAY
        assert (Unbilled.everyone.count(), told_of_amounts()) == (0, "")
        assert check_ledger(strict=True).findings == []

    def test_stand_on_a_document_of_their_own_month_and_numbers_have_no_gap(self, alma, bruno, clock):
        october(alma, bruno)
        issue_documents(OCTOBER, by="ina")
        since = Unbilled.everyone.get().since
        delivered(bruno, alma, nets=(50_00,), shipping=0, days_ago=-5)
        clock.shift(dt.timedelta(days=30))
        post_shipped()
        close_cycle(dt.date(2026, 11, 30))
        assert [(row.month, row.gross) for row in issue_documents(NOVEMBER, by="ina").waiting] == [
            (OCTOBER, 109_20), (NOVEMBER, 51_00),
        ]  # fmt: skip
        assert Unbilled.everyone.get(month=OCTOBER).since == since
        agree(alma.merchant)
        assert issue_documents(NOVEMBER, by="ina").waiting == []
        assert [row[:4] for row in documents() if row[0] == "389"] == [
            ("389", "00001", OCTOBER, 91_00), ("389", "00002", NOVEMBER, 42_50),
        ]  # fmt: skip
        october_facts = Document.everyone.get(kind="389", month=OCTOBER).facts
        assert (october_facts["begins"], october_facts["ends"]) == ("2026-10-01", "2026-10-31")
        assert check_ledger(strict=True).findings == []

    def test_wait_again_once_it_is_revoked_credit_notes_too(self, alma, bruno, clock):
        agree(alma.merchant)
        october(alma, bruno)
        issue_documents(OCTOBER, by="ina")
        before = documents()
        entry = DocumentEntry.objects.get(about="supply").entry
        reverse_entry(entry, reason="posted by mistake", by="ina")
        revoke_self_billing(standing_agreement(alma.merchant), by="ada", from_on=dt.date(2026, 11, 3))
        clock.shift(dt.timedelta(days=30))
        close_cycle(dt.date(2026, 11, 30))
        (row,) = issue_documents(NOVEMBER, by="ina").waiting
        assert (row.is_credit, row.month, row.gross) == (True, NOVEMBER, 109_20)
        assert [one for one in documents() if one[0] in ("389", "261")] == [one for one in before if one[0] == "389"]
        agree(alma.merchant)
        issue_documents(NOVEMBER, by="ina")
        assert Document.everyone.get(kind="261").corrects == [Document.everyone.get(kind="389").number]
        assert check_ledger(strict=True).findings == []

    def test_of_others_are_not_touched(self, alma, bruno, cara):
        delivered(bruno, cara)
        october(alma, bruno)
        issued = issue_documents(OCTOBER, by="ina")
        assert [(row.seller, row.kind) for row in issued.documents if row.seller] == [(cara.merchant, "389")]
        assert [row.supplier for row in issued.waiting] == [alma.merchant]

    def test_are_told_to_staff_by_the_closing_and_by_the_command(self, alma, bruno, cara, client):
        october(alma, bruno)
        said = {
            "supplier": "Alma", "buyer": "Bruno", "month": "2026-10", "currency": "EUR", "credit": False, "sales": 1,
            "net": "91.00", "gross": "109.20", "reason": "The supplier has not agreed that the network draws up its invoices.",
        }  # fmt: skip
        out = io.StringIO()
        call_command("settle", through="2026-10-31", json=True, stdout=out)
        assert json.loads(out.getvalue())["waiting"] == []  # nothing was to be drawn up yet
        issue_documents(OCTOBER, by="ina")
        for options, told in (
            ({}, [said]),
            ({"currency": "EUR"}, [said]),
            ({"currency": "SEK"}, []),
            ({"merchant": "Cara"}, []),
        ):
            out = io.StringIO()
            call_command("settle", through="2026-10-31", json=True, stdout=out, **options)
            assert json.loads(out.getvalue())["waiting"] == told
        out = io.StringIO()
        call_command("settle", through="2026-10-31", merchant=str(alma.merchant_id), stdout=out)
        assert "1 sales of 2026-10, Alma to Bruno, 109.20 EUR, wait for a document" in out.getvalue()
        out = io.StringIO()
        call_command("issue_documents", month="2026-10", json=True, stdout=out)
        assert json.loads(out.getvalue())["waiting"] == [said]
        (waits,) = [one for one in what_waits(lambda _: True) if one.title == "Invoices without an agreement"]
        assert (waits.count, waits.why.split(".")[:2]) == (1, ["€109", "20"])
        staff = signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)
        page = staff.get(waits.link).content.decode()
        assert ("€109.20" in page, "Alma" in page) == (True, True)


class TestPages:
    def test_an_owner_reads_agrees_downloads_and_revokes(self, alma, bruno, client):
        october(alma, bruno)
        issue_documents(OCTOBER, by="ina")
        client.force_login(person(alma))
        page = client.get("/documents/").content.decode()
        assert ("You have not: what you ship stands on no invoice." in page, "€109.20" in page) == (True, True)
        words = words_for(alma.merchant)
        page = client.get("/documents/self-billing/").content.decode()
        assert (digest_of(words) in page, "AGREEMENT ON SELF-BILLING" in page, "not agreed" in page) == (
            True,
            True,
            True,
        )
        form = {"name": "Ada Owner", "digest": digest_of(words)}
        client.post("/documents/self-billing/agree/", form | {"digest": "x"})
        assert standing_agreement(alma.merchant) is None
        client.post("/documents/self-billing/agree/", form)
        row = standing_agreement(alma.merchant)
        assert (row.name, row.agreed_by) == ("Ada Owner", "Alma-owner")
        answer = client.get(f"/documents/self-billing/{row.pk}/text/")
        assert (hashlib.sha256(answer.content).hexdigest(), answer["Content-Type"]) == (
            row.digest,
            "text/plain; charset=utf-8",
        )
        client.post(f"/documents/self-billing/{row.pk}/revoke/", {"from_on": "never"})
        assert standing_agreement(alma.merchant).ends_on is None
        client.post(f"/documents/self-billing/{row.pk}/revoke/", {"from_on": "2026-11-09"})
        assert standing_agreement(alma.merchant).ends_on == dt.date(2026, 11, 9)
        assert "agreed, ends 9 Nov 2026" in client.get("/documents/self-billing/").content.decode()

    def test_nobody_agrees_without_a_fresh_second_factor_nor_who_is_no_owner(self, alma, client, settings):
        form = {"name": "Ada Owner", "digest": digest_of(words_for(alma.merchant))}
        client.force_login(person(alma, "finance"))
        assert client.post("/documents/self-billing/agree/", form).status_code == 403
        settings.STAFF_SECOND_FACTOR = True
        client.force_login(person(alma))
        assert "Show your second factor first" in client.get("/documents/self-billing/").content.decode()
        client.post("/documents/self-billing/agree/", form)
        assert standing_agreement(alma.merchant) is None

    def test_a_partner_is_told_what_waits_and_a_stranger_nothing(self, alma, bruno, cara, client):
        october(alma, bruno)
        issue_documents(OCTOBER, by="ina")
        agree(alma.merchant)
        row = standing_agreement(alma.merchant)
        client.force_login(person(bruno))
        assert "€109.20" in client.get("/documents/").content.decode()
        client.force_login(person(cara))
        assert "On no invoice yet" not in client.get("/documents/").content.decode()
        assert client.get(f"/documents/self-billing/{row.pk}/text/").status_code == 404
        assert client.post(f"/documents/self-billing/{row.pk}/revoke/", {"from_on": "2026-11-09"}).status_code == 404
        assert standing_agreement(alma.merchant).ends_on is None


class TestAcceptance:
    @pytest.fixture
    def document(self, alma, bruno):
        agree(alma.merchant)
        october(alma, bruno)
        issue_documents(OCTOBER, by="ina")
        return Document.everyone.get(kind="389")

    def test_is_open_for_the_days_agreed_and_given_by_silence(self, alma, document, clock):
        assert (document.object_until, document.agreement) == (dt.date(2026, 11, 16), standing_agreement(alma.merchant))
        state = acceptances([document])[document.pk]
        assert (state.state, state.until, state.on) == ("open", dt.date(2026, 11, 16), None)
        clock.shift(dt.timedelta(days=14))  # the last day
        assert acceptances([document])[document.pk].state == "open"
        clock.shift(dt.timedelta(days=1))
        state = acceptances([document])[document.pk]
        assert (state.state, state.on) == ("accepted", dt.date(2026, 11, 17))
        with pytest.raises(NotObjectable, match="ended on 2026-11-16"):
            object_to_document(alma.merchant, document, reason="The price is wrong.", by="ada")
        assert DocumentObjection.everyone.count() == 0

    def test_is_refused_by_an_objection_that_people_answer_once_and_that_holds_nothing(self, alma, document, clock):
        from settlement.balances import positions_of

        before = [(one.payable, one.pending, one.held) for one in positions_of(alma.merchant)]
        row = object_to_document(alma.merchant, document, reason=" The price is wrong. ", by="ada")
        assert object_to_document(alma.merchant, document, reason="The price is wrong.", by="bob") == row
        with pytest.raises(NotObjectable):
            object_to_document(alma.merchant, document, reason="And the day.", by="ada")
        assert (row.reason, row.made_by, row.made_at) == ("The price is wrong.", "ada", MONDAY)
        clock.shift(dt.timedelta(days=30))
        state = acceptances([document])[document.pk]
        assert (state.state, state.on, state.objection) == ("objected", None, row)
        assert [(one.payable, one.pending, one.held) for one in positions_of(alma.merchant)] == before
        with pytest.raises(NotPossible):
            answer_objection(row, answer=" ", by="ina")
        answer_objection(row, answer="Corrected by a credit note.", by="ina")
        answer_objection(row, answer="Corrected by a credit note.", by="olaf")
        with pytest.raises(WrongState):
            answer_objection(row, answer="No.", by="olaf")
        row.refresh_from_db()
        assert (row.answer, row.answered_by, acceptances([document])[document.pk].state) == (
            "Corrected by a credit note.", "ina", "answered",
        )  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            DocumentObjection.everyone.update(reason="x")

    def test_is_the_suppliers_alone_and_says_why(self, alma, bruno, cara, document):
        for shop in (bruno, cara):
            with pytest.raises(NotFound):
                object_to_document(shop.merchant, document, reason="The price is wrong.", by="x")
        with pytest.raises(NotPossible):
            object_to_document(alma.merchant, document, reason="  ", by="ada")
        fee = Document.everyone.get(kind="380")
        with pytest.raises(NotFound):
            object_to_document(alma.merchant, fee, reason="The fee is wrong.", by="ada")
        assert (DocumentObjection.everyone.count(), acceptances([fee])[fee.pk].state) == (0, "")

    def test_in_the_portal_and_in_the_back_office(self, alma, bruno, cara, document, client):
        where = f"/documents/{document.pk}/object/"
        client.force_login(person(alma))
        assert "open to objection through 16 Nov 2026" in client.get("/documents/").content.decode()
        assert client.post(where, {"reason": ""}).status_code == 422
        assert client.post(where, {"reason": "The price is wrong."}).status_code == 302
        assert "objected 2 Nov 2026" in client.get("/documents/").content.decode()
        for shop in (bruno, cara):
            client.force_login(person(shop))
            assert (client.get(where).status_code, client.post(where, {"reason": "Mine."}).status_code) == (404, 404)
        staff = signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)
        row = DocumentObjection.everyone.get()
        answer = f"/admin/settlement/documentobjection/{row.pk}/answer/"
        assert "The price is wrong." in staff.get(answer).content.decode()
        assert [one.count for one in what_waits(lambda _: True) if one.title == "Objections to documents"] == [1]
        assert staff.post(answer, {"answer": "We correct it."}).status_code == 302
        assert [one for one in what_waits(lambda _: True) if one.title == "Objections to documents"] == []
        client.force_login(User.objects.get(username="Alma-owner"))
        assert "We correct it." in client.get(where).content.decode()

    def test_by_programs(self, alma, bruno, cara, document, client, clock):
        keys = {shop: {"Authorization": f"Bearer {ApiKey.issue(shop, 'x')[1]}"} for shop in (alma, bruno, cara)}
        where = f"/api/v1/documents/{document.pk}/"

        def put(shop, **body):
            return client.post(
                f"{where}objection/", json.dumps(body), content_type="application/json", headers=keys[shop]
            )

        told = client.get(where, headers=keys[bruno]).json()
        assert (told["acceptance"], told["object_until"], told["accepted_on"]) == ("open", "2026-11-16", None)
        assert [put(shop, reason="Mine.").status_code for shop in (bruno, cara)] == [404, 404]
        assert put(alma, reason="x").status_code == 400
        assert DocumentObjection.everyone.count() == 0
        answer = put(alma, reason="The price is wrong.")
        assert (answer.status_code, answer.json()["acceptance"]) == (201, "objected")
        assert answer.json()["objection"]["reason"] == "The price is wrong."
        assert put(alma, reason="Again.").status_code == 409
        told = client.get("/api/v1/self-billing/", headers=keys[alma]).json()
        assert (told["agreed"], told["version"], told["agreed_on"], told["waiting"]) == (
            True,
            "2026-11",
            "2026-11-02",
            [],
        )
        assert client.post("/api/v1/self-billing/", headers=keys[alma]).status_code == 405


def test_programs_read_what_waits_for_an_agreement(alma, bruno, cara, client):
    october(alma, bruno)
    issue_documents(OCTOBER, by="ina")
    told = {}
    for shop in (alma, bruno, cara):
        key = {"Authorization": f"Bearer {ApiKey.issue(shop, 'x')[1]}"}
        told[shop] = client.get("/api/v1/self-billing/", headers=key).json()
    assert [told[shop]["agreed"] for shop in (alma, bruno, cara)] == [False, True, True]
    assert told[cara]["waiting"] == []
    for shop in (alma, bruno):
        (row,) = told[shop]["waiting"]
        assert (row["month"], row["supplier"], row["gross"], row["credit"]) == ("2026-10-01", "Alma", "109.20", False)
