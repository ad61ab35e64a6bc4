"""Staff note for a supplier what it said otherwise: it needs a reason and a fresh second factor, and the supplier reads it."""

import datetime as dt
import io

import pytest
import time_machine
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from network.models import Membership, Notice, User
from settlement.accept_documents import NotObjectable, acceptances
from settlement.close import close_cycle
from settlement.invoice import issue_documents
from settlement.models import Document, DocumentObjection, SelfBilling
from settlement.on_behalf import object_on_behalf, revoke_on_behalf
from settlement.self_billing import standing_agreement
from settlement.settle import post_shipped
from settlement.tests.books import delivered
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import NotPossible, WrongState
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db

MONDAY = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
TODAY = MONDAY.date()
WHY = "Asked for by letter of 30 October, signed by Ada Owner."


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    settings.NETWORK_CITY, settings.NETWORK_POSTCODE = "Paris", "75001"
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def document(alma):
    delivered(make_shop(make_merchant("Bruno")), alma)
    post_shipped()
    close_cycle(dt.date(2026, 10, 31))
    issue_documents(dt.date(2026, 10, 1), by="ina")
    return Document.everyone.get(kind="389")


def staff(*, second_factor=True, superuser=True):
    name = "ina" if superuser else "uta"
    user = User.objects.filter(username=name).first() or User.objects.create_user(
        name, f"{name}@example.com", "x", is_staff=True, is_superuser=superuser
    )
    return signed_in(user, second_factor=second_factor)


def owner(client, shop):
    user = User.objects.create_user("ada", "ada@example.com", "x")
    Membership.everyone.create(user=user, merchant=shop.merchant, role="owner")
    client.force_login(user)
    return client


class TestRevoking:
    def test_keeps_who_and_why_and_tells_the_merchant(self, alma):
        row = standing_agreement(alma.merchant)
        revoke_on_behalf(row, by="ina", from_on=dt.date(2026, 11, 9), reason=f" {WHY} ")
        revoke_on_behalf(row, by="olaf", from_on=dt.date(2026, 11, 9), reason="Another reason.")  # it ends once
        row.refresh_from_db()
        assert (row.ends_on, row.ended_by, row.ended_at, row.ended_reason) == (dt.date(2026, 11, 9), "ina", MONDAY, WHY)
        notice = Notice.everyone.get(kind="self_billing")
        assert (notice.shop, notice.subject) == (alma, "Your agreement to self-billing ends on 9 November 2026")
        assert notice.body.startswith(f"The network noted it for you: {WHY} From that day on no invoice")
        with pytest.raises(DatabaseError), transaction.atomic():
            SelfBilling.everyone.update(ended_reason="x")

    @pytest.mark.parametrize(
        ("from_on", "reason"), [(TODAY, "  "), (dt.date(2026, 11, 1), WHY), (TODAY, "x" * 501)]
    )  # fmt: skip
    def test_without_a_reason_or_for_a_day_that_is_over_changes_nothing(self, alma, from_on, reason):
        with pytest.raises(NotPossible):
            revoke_on_behalf(standing_agreement(alma.merchant), by="ina", from_on=from_on, reason=reason)
        assert (standing_agreement(alma.merchant).ends_on, Notice.everyone.count()) == (None, 0)

    def test_what_ends_on_another_day_already_stays(self, alma):
        row = standing_agreement(alma.merchant)
        revoke_on_behalf(row, by="ina", from_on=dt.date(2026, 11, 9), reason=WHY)
        with pytest.raises(WrongState):
            revoke_on_behalf(row, by="ina", from_on=TODAY, reason=WHY)
        assert (SelfBilling.everyone.get(pk=row.pk).ends_on, Notice.everyone.count()) == (dt.date(2026, 11, 9), 1)

    def test_in_the_back_office_wants_a_second_factor_of_just_now_and_the_right_to(self, alma, client, clock):
        row = standing_agreement(alma.merchant)
        where = f"/admin/settlement/selfbilling/{row.pk}/revoke/"
        form = {"from_on": "2026-11-02", "reason": WHY}
        ina = staff()
        assert "/revoke/" in ina.get("/admin/settlement/selfbilling/").content.decode()
        assert ina.get(where).status_code == 200
        assert ina.post(where, form | {"reason": ""}).status_code == 422
        clock.shift(dt.timedelta(minutes=16))
        answer = ina.post(where, form)
        assert (answer.status_code, answer["Location"]) == (
            302,
            f"/accounts/2fa/reauthenticate/?next={where.replace('/', '%2F')}",
        )
        assert staff(superuser=False).post(where, form).status_code == 403
        assert standing_agreement(alma.merchant).ends_on is None
        assert staff().post(where, form).status_code == 302
        row.refresh_from_db()
        assert (row.ends_on, row.ended_by, row.ended_reason) == (TODAY, "ina", WHY)
        assert WHY in owner(client, alma).get("/documents/self-billing/").content.decode()


def test_an_agreement_is_printed_with_its_words_and_who_agreed_beside_the_text(alma, client):
    row = standing_agreement(alma.merchant)
    revoke_on_behalf(row, by="ina", from_on=dt.date(2026, 11, 9), reason=WHY)
    where = f"/documents/self-billing/{row.pk}/text/?as=pdf"
    answer = owner(client, alma).get(where)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="self-billing-2026-11-{row.pk}.pdf"'
    reader = PdfReader(io.BytesIO(answer.content))
    printed = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in (
        "AGREEMENT ON SELF-BILLING",
        "7. Another version.",
        alma.merchant.legal_name,
        "Ada Owner",
        row.digest,
        WHY,
    ):
        assert said in printed, said
    assert staff().get(f"/admin/settlement/selfbilling/{row.pk}/text/?as=pdf")["Content-Type"] == "application/pdf"
    cara = make_shop(make_merchant("Cara"))
    Membership.everyone.filter(user__username="ada").update(merchant=cara.merchant)
    assert client.get(where).status_code == 404


class TestAnObjection:
    def test_counts_from_the_day_on_which_it_reached_the_network(self, alma, document, clock):
        clock.shift(dt.timedelta(days=20))
        said = {"by": "ina", "reason": "The price is wrong.", "how": "Letter of Ada Owner"}
        for day in (dt.date(2026, 11, 1), dt.date(2026, 11, 23)):  # before the document, and tomorrow
            with pytest.raises(NotPossible):
                object_on_behalf(document, **said, received_on=day)
        with pytest.raises(NotObjectable, match="ended on 2026-11-16"):
            object_on_behalf(document, **said, received_on=dt.date(2026, 11, 17))
        with pytest.raises(NotPossible):
            object_on_behalf(document, **said | {"how": " "}, received_on=dt.date(2026, 11, 16))
        with pytest.raises(NotPossible):
            object_on_behalf(Document.everyone.get(kind="380"), **said, received_on=dt.date(2026, 11, 16))
        assert (DocumentObjection.everyone.count(), acceptances([document])[document.pk].state) == (0, "accepted")
        row = object_on_behalf(document, **said, received_on=dt.date(2026, 11, 16))
        assert object_on_behalf(document, **said, received_on=dt.date(2026, 11, 16)) == row
        assert (row.merchant, row.reason, row.made_by, row.made_at, row.received_on, row.received_how) == (
            alma.merchant, "The price is wrong.", "ina", MONDAY + dt.timedelta(days=20), dt.date(2026, 11, 16),
            "Letter of Ada Owner",
        )  # fmt: skip
        assert acceptances([document])[document.pk].state == "objected"
        notice = Notice.everyone.get(kind="document_objection")
        assert (notice.shop, notice.subject) == (alma, f"Your objection to {document.number} was noted")
        with pytest.raises(DatabaseError), transaction.atomic():
            DocumentObjection.everyone.update(received_on=TODAY)

    def test_in_the_back_office_wants_a_second_factor_of_just_now(self, alma, document, client, clock):
        where = f"/admin/settlement/documentobjection/of/{document.pk}/"
        form = {"reason": "The price is wrong.", "received_on": "2026-11-02", "how": "Call of Ada Owner"}
        ina = staff()
        assert where in ina.get("/admin/settlement/document/").content.decode()
        clock.shift(dt.timedelta(minutes=16))
        assert ina.post(where, form).status_code == 302
        assert staff(superuser=False).post(where, form).status_code == 403
        assert staff().post(where, form | {"received_on": "2026-11-03"}).status_code == 422
        assert DocumentObjection.everyone.count() == 0
        assert staff().post(where, form).status_code == 302
        row = DocumentObjection.everyone.get()
        assert (row.made_by, row.received_on, row.received_how) == ("ina", TODAY, "Call of Ada Owner")
        page = owner(client, alma).get(f"/documents/{document.pk}/object/").content.decode()
        assert "Noted for you by the network; it arrived on 2 November 2026: Call of Ada Owner" in page
        fee = Document.everyone.get(kind="380")
        assert staff().get(f"/admin/settlement/documentobjection/of/{fee.pk}/").status_code == 404
