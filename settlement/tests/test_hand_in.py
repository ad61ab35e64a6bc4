"""What proves a transport on paper: handed in by who shipped, read by both, kept encrypted and as it was."""

import datetime as dt
import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from network.models import Membership, User
from network.rotate import rotate_keys
from orders.models import Parcel
from settlement.dispute import LARGEST_FILE
from settlement.evidence import collect_evidence, evidence_of, is_proven
from settlement.hand_in import Paper, find_paper, hand_in, read_paper
from settlement.models import Evidence, EvidenceFile
from settlement.settle import post_shipped
from settlement.tests.cast import DOMESTIC, make_internal_order, make_merchant, make_shop
from skuu.kit.errors import NotFound, NotPossible

pytestmark = pytest.mark.django_db
NOTE = b"%PDF-1.7 Mira Muster, 1 rue des Essais"


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


@pytest.fixture
def sale(alma, bruno):
    return make_internal_order(bruno, alma, vat=DOMESTIC | {"treatment": "distance_sale"})


def paper(**change) -> Paper:
    facts = {
        "kind": "consignment", "issuer": "Colissimo", "issued_on": timezone.localdate(), "name": "cmr.pdf",
        "type": "application/pdf", "content": NOTE,
    }  # fmt: skip
    return Paper(**(facts | change))


def test_the_shipper_hands_a_paper_in_and_both_parties_read_it_as_it_was(sale, alma, bruno):
    row = hand_in(sale.number, paper(), merchant=alma.merchant, by="alma")
    assert (row.kind, row.issuer, row.is_independent) == ("consignment", "Colissimo", True)
    assert row.facts["file"] == hashlib.sha256(NOTE).hexdigest()
    for merchant in (alma.merchant, bruno.merchant):
        assert read_paper(find_paper(sale.number, row.pk, merchant)) == NOTE
    assert hand_in(sale.number, paper(), merchant=alma.merchant, by="alma") == row
    assert (Evidence.everyone.count(), EvidenceFile.everyone.count()) == (1, 1)


def test_nobody_but_the_shipper_hands_one_in_and_a_stranger_finds_none(sale, alma, bruno):
    cara = make_merchant("Cara")
    for merchant in (bruno.merchant, cara):
        with pytest.raises(NotFound):
            hand_in(sale.number, paper(), merchant=merchant, by="x")
    assert Evidence.everyone.count() == 0
    row = hand_in(sale.number, paper(), merchant=alma.merchant, by="alma")
    with pytest.raises(NotFound):
        find_paper(sale.number, row.pk, cara)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "standing"}, "bad_kind"),
        ({"issuer": " "}, "no_issuer"),
        ({"issued_on": dt.date(2999, 1, 1)}, "future_date"),
        ({"type": "text/html", "content": b"<script>"}, "bad_file"),
        ({"content": b"<script>"}, "bad_file"),
        ({"content": b"%PDF" + b"x" * LARGEST_FILE}, "too_large"),
    ],
)
def test_what_is_no_such_paper_is_refused(sale, alma, change, code):
    with pytest.raises(NotPossible) as refused:
        hand_in(sale.number, paper(**change), merchant=alma.merchant, by="alma")
    assert (refused.value.code, Evidence.everyone.count()) == (code, 0)


def test_nothing_is_handed_in_before_anything_was_sent(alma, bruno):
    waiting = make_internal_order(bruno, alma, status="accepted")
    with pytest.raises(NotPossible) as refused:
        hand_in(waiting.number, paper(), merchant=alma.merchant, by="alma")
    assert refused.value.code == "not_shipped"


class TestProof:
    def test_a_consignment_note_beside_the_parcel_proves_the_transport(self, sale, alma):
        Parcel.everyone.create(
            internal_order=sale, carrier="Colissimo", tracking_number="6A1", shipped_at=timezone.now()
        )
        collect_evidence()
        assert not is_proven(evidence_of(sale.pk))
        hand_in(sale.number, paper(), merchant=alma.merchant, by="alma")
        assert is_proven(evidence_of(sale.pk))

    def test_two_papers_of_the_second_list_prove_nothing_without_one_of_the_first(self, sale, alma):
        for kind, issuer in (("insurance", "Allied Cover"), ("paid", "Test Bank")):
            hand_in(sale.number, paper(kind=kind, issuer=issuer), merchant=alma.merchant, by="alma")
        assert not is_proven(evidence_of(sale.pk))
        hand_in(sale.number, paper(kind="freight"), merchant=alma.merchant, by="alma")
        assert is_proven(evidence_of(sale.pk))

    def test_what_a_party_issued_itself_proves_nothing(self, sale, alma, bruno):
        for kind, issuer in (("consignment", "ALMA"), ("freight", bruno.merchant.legal_name)):
            assert not hand_in(
                sale.number, paper(kind=kind, issuer=issuer), merchant=alma.merchant, by="alma"
            ).is_independent
        assert not is_proven(evidence_of(sale.pk))


def test_a_paper_is_unreadable_in_the_database_survives_new_keys_and_is_never_taken_away(sale, alma):
    row = hand_in(sale.number, paper(), merchant=alma.merchant, by="alma")
    with connection.cursor() as cursor:
        cursor.execute("select content from settlement_evidencefile")
        before = cursor.fetchone()[0]
    assert "Mira" not in before
    rotate_keys()
    assert read_paper(row) == NOTE
    for statement in ("delete from settlement_evidencefile", "update settlement_evidence set facts = '{}'"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    EvidenceFile.everyone.update(content="dGFtcGVyZWQ=")
    with pytest.raises(NotFound):
        read_paper(row)


def as_(client, merchant, role="owner"):
    user = User.objects.create_user(f"{merchant.name.lower()}-{role}", password="x")
    Membership.everyone.create(user=user, merchant=merchant, role=role)
    client.force_login(user)
    return client


def test_it_goes_by_the_portal_and_staff_read_it_too(client, settings, sale, alma, bruno):
    settings.STAFF_SECOND_FACTOR = False
    post_shipped()
    page, address = f"/money/sales/{sale.number}/", f"/money/sales/{sale.number}/papers/"
    as_(client, alma.merchant)
    assert "Hand in a paper" in client.get(page).content.decode()
    form = {"kind": "consignment", "issuer": "Colissimo", "issued_on": timezone.localdate().isoformat()}

    def upload(name="cmr.pdf", content=NOTE, type_="application/pdf"):
        return client.post(address, form | {"file": SimpleUploadedFile(name, content, type_)})

    assert (upload("cmr.exe", b"MZ", "application/x-msdownload").status_code, Evidence.everyone.count()) == (302, 0)
    assert upload().status_code == 302
    row = Evidence.everyone.get(kind="consignment")
    file = client.get(f"{address}{row.pk}/")
    assert (file.content, file["Content-Disposition"], file["X-Content-Type-Options"]) == (
        NOTE,
        'attachment; filename="cmr.pdf"',
        "nosniff",
    )
    listed = client.get("/money/evidence/").content.decode()
    assert (sale.number in listed, "Incomplete" in listed) == (True, True)
    told = client.get("/money/evidence/?csv").getvalue().decode("utf-8-sig").splitlines()
    assert told[1].startswith(f"{sale.number},shipped,")
    assert told[1].endswith(row.facts["file"])
    as_(client, bruno.merchant)
    assert "Hand in a paper" not in client.get(page).content.decode()
    assert client.get(f"{address}{row.pk}/").content == NOTE
    assert (
        client.post(address, form | {"file": SimpleUploadedFile("x.pdf", NOTE, "application/pdf")}).status_code == 404
    )
    as_(client, make_merchant("Cara"))
    assert client.get(f"{address}{row.pk}/").status_code == 404
    assert sale.number not in client.get("/money/evidence/").content.decode()
    client.force_login(User.objects.create_user("ina", password="x", is_staff=True, is_superuser=True))
    assert "cmr.pdf" in client.get("/admin/settlement/evidence/").content.decode()
    assert client.get(f"/admin/settlement/evidence/{row.pk}/paper/").content == NOTE


def test_the_file_has_every_sale_however_few_are_read_at_a_time(client, monkeypatch, alma, bruno):
    across = DOMESTIC | {"treatment": "distance_sale"}
    numbers = [make_internal_order(bruno, alma, vat=across).number for _ in range(7)]
    for kind in ("consignment", "paid"):
        hand_in(numbers[3], paper(kind=kind), merchant=alma.merchant, by="alma")
    monkeypatch.setattr("settlement.portal_evidence.BATCH", 2)
    answer = as_(client, bruno.merchant).get("/money/evidence/?csv")
    assert answer.streaming
    lines = [line.split(",") for line in answer.getvalue().decode("utf-8-sig").splitlines()[1:]]
    assert [line[0] for line in lines] == [*numbers[:3:-1], numbers[3], numbers[3], *numbers[2::-1]]
    assert {line[1] for line in lines} == {"sold"}
