"""Disputes by API: opened, argued and taken back by the two parties, and nobody else's business."""

import base64

import pytest

from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.dispute import resolve_dispute
from settlement.models import Dispute, DisputeMessage
from settlement.settle import post_shipped
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from skuu.testing.calling import Program, codes

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\nan outsole that came off"


@pytest.fixture(autouse=True)
def _french_network(settings):
    settings.NETWORK_COUNTRY = "FR"


@pytest.fixture
def cast():
    alma, bruno, cara = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno", "Cara"))
    sale = make_internal_order(bruno, alma)
    post_shipped()
    return Program(alma), Program(bruno), Program(cara), sale, bruno


def opened(program, sale, **also):
    body = {"internal_order": sale.number, "reason": "faulty", "text": "The sole came off.", "amount": "34.00"}
    return program.post("disputes/", body | also, Idempotency_Key="one")


def test_a_party_opens_a_dispute_and_the_amount_is_held(cast):
    alma, bruno, _, sale, shop = cast
    answer = opened(bruno, sale)
    told = answer.json()
    assert (answer.status_code, told["amount"], told["status"], told["need_not_pay"]) == (201, "34.00", "open", None)
    assert [(said["author"], said["text"]) for said in told["messages"]] == [("Bruno", "The sole came off.")]
    assert [(p.pending, p.held) for p in positions_of(shop.merchant)] == [(-75_20, -34_00)]
    assert opened(bruno, sale).json() == told
    assert alma.get(f"disputes/{told['number']}/").json() == told
    assert [row["number"] for row in alma.get("disputes/", status="open").json()["results"]] == [told["number"]]
    assert check_ledger(strict=True).findings == []


def test_both_parties_add_words_and_files(cast):
    alma, bruno, _, sale, _ = cast
    number = opened(bruno, sale).json()["number"]
    file = {"name": "sole.png", "type": "image/png", "content": base64.b64encode(PNG).decode()}
    said = bruno.post(f"disputes/{number}/messages/", {"file": file})
    assert (said.status_code, said.json()["messages"][1]["file_name"]) == (201, "sole.png")
    assert (
        alma.post(f"disputes/{number}/messages/", {"text": "Worn outdoors."}).json()["messages"][2]["author"] == "Alma"
    )
    pk = said.json()["messages"][1]["id"]
    answer = alma.get(f"disputes/{number}/files/{pk}/")
    assert (answer.content, answer["Content-Type"], answer["X-Content-Type-Options"]) == (PNG, "image/png", "nosniff")


def test_what_cannot_be_said_is_refused_in_words_for_programs(cast):
    _, bruno, _, sale, _ = cast
    assert opened(bruno, sale, amount="999.00").json()["code"] == "too_much"
    assert codes(opened(bruno, sale, reason="mood")) == [("reason", "invalid_choice")]
    assert codes(opened(bruno, sale, amuont="1")) == [("amuont", "unknown_field")]
    assert Dispute.everyone.count() == 0
    number = opened(bruno, sale).json()["number"]
    assert opened(bruno, sale, text="Again").status_code == 422  # the key was used for other words
    again = bruno.post("disputes/", {"internal_order": sale.number, "reason": "other", "text": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "already_disputed")
    page = f"disputes/{number}/messages/"
    assert bruno.post(page, {}).json()["code"] == "empty_message"
    bad = {"name": "x.png", "type": "image/png", "content": "no base64!"}
    assert bruno.post(page, {"file": bad}).json()["code"] == "bad_file"
    bad["content"] = base64.b64encode(b"<html>").decode()
    assert bruno.post(page, {"file": bad}).json()["code"] == "bad_file"
    assert DisputeMessage.everyone.count() == 1


def test_who_opened_it_takes_it_back_and_the_other_cannot(cast):
    alma, bruno, _, sale, shop = cast
    number = opened(bruno, sale).json()["number"]
    assert alma.post(f"disputes/{number}/withdraw/").status_code == 403
    assert bruno.post(f"disputes/{number}/withdraw/").json()["status"] == "withdrawn"
    assert [(p.pending, p.held) for p in positions_of(shop.merchant)] == [(-109_20, 0)]


def test_after_the_end_the_decision_is_read_and_nothing_more_is_said(cast):
    alma, bruno, _, sale, _ = cast
    number = opened(bruno, sale).json()["number"]
    resolve_dispute(Dispute.everyone.get(), to_origin=20_00, by="ina", reason="A fault of the maker.")
    told = alma.get(f"disputes/{number}/").json()
    assert (told["status"], told["need_not_pay"], told["decision"]) == ("resolved", "20.00", "A fault of the maker.")
    late = bruno.post(f"disputes/{number}/messages/", {"text": "But"})
    assert (late.status_code, late.json()["code"]) == (409, "dispute_has_ended")


def test_a_stranger_finds_nothing(cast):
    _, bruno, cara, sale, _ = cast
    assert opened(cara, sale).status_code == 404
    number = opened(bruno, sale).json()["number"]
    assert cara.get("disputes/").json()["results"] == []
    for path in (f"disputes/{number}/", f"disputes/{number}/files/1/"):
        assert cara.get(path).json() == cara.get(path.replace(number, "D-0")).json()
    assert cara.post(f"disputes/{number}/messages/", {"text": "Hello"}).status_code == 404
    assert DisputeMessage.everyone.count() == 1
