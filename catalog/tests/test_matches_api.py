"""A shop's programs read their own matches and report wrong ones; a partner is counted and never named."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog import reports
from catalog.models import Match, MatchReport, Style, Verdict
from catalog.tests.doubted import share, share_on_shelf
from network.models import Membership, User
from skuu.testing.calling import Program, codes
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def boot(alma, bruno):
    return share_on_shelf(bruno, alma)


def listed(answer):
    return [row["id"] for row in answer.json()["results"]]


# --- reading ----------------------------------------------------------------------------------------------------------
def test_a_match_tells_all_that_may_be_known_of_it_and_nothing_of_the_partner(boot, bruno, alma):
    style = boot.item.style
    Style.objects.filter(pk=style.pk).update(gender="w", colour_key="raw:petrol")
    told = Program(bruno).get(f"matches/{boot.pk}/").json()
    assert told == {
        "id": boot.pk,
        "status": "linked",
        "product": boot.variant.product.remote_id,
        "variant": boot.variant.remote_id,
        "title": "Boot",
        "size": "42",
        "sku": "Bruno-0",
        "barcode": "",
        "item": {
            "id": boot.item_id,
            "size": "42",
            "style": {"id": style.pk, "brand": "", "code": "", "colour": "petrol", "gender": "women"},
        },
        "method": "gtin",
        "class_status": "provisional",
        "probability": 0.999,
        "evidence": ["The barcode stands once in each of 2 shops."],
        "decided_by": "engine 1",
        "decided_at": told["decided_at"],
        "updated_at": None,
        "partners": 1,
        "shelf": {"wanted": 3, "on_shelf": 0, "reasons": ["You are out of it; one partner can ship 3 units."]},
        "report": None,
    }
    assert "Alma" not in Program(bruno).get("matches/").content.decode()


def test_of_a_person_who_decided_no_name_is_told(boot, bruno):
    made = reports.report_match(boot, bruno.merchant, "other", by="bea")
    reports.answer_report(made.card, True, by="sam.surname")
    program, page = Program(bruno), reverse("portal:product", args=[boot.variant.product_id])
    told = program.get(f"matches/{boot.pk}/").json()
    assert (told["decided_by"], told["evidence"]) == (
        "a person of the network",
        ["A person looked at both after a report and said they are the same."],
    )
    text = person(bruno).get(page).content.decode()
    assert "Decided by a person of the network" in text
    assert "sam.surname" not in text + str(told)


def test_the_list_holds_own_matches_alone_and_goes_on_by_cursor(alma, bruno, cara):
    mine = share(bruno, alma, 3)
    assert listed(Program(bruno).get("matches/")) == [row.pk for row in mine]
    page = Program(bruno).get("matches/", page_size="2").json()
    assert [row["id"] for row in page["results"]] == [row.pk for row in mine[:2]]
    assert page["next"]
    assert listed(Program(cara).get("matches/")) == []


def test_filters_narrow_the_list(alma, bruno):
    first, second = share(bruno, alma, 2)
    Match.everyone.filter(pk=second.pk).update(method="code")
    second.variant.barcode = "9520000054014"
    second.variant.save()
    program = Program(bruno)
    assert listed(program.get("matches/", method="code")) == [second.pk]
    assert listed(program.get("matches/", sku="Bruno-0")) == [first.pk]
    assert listed(program.get("matches/", barcode="9520000054014")) == [second.pk]
    assert listed(program.get("matches/", variant=first.variant.remote_id)) == [first.pk]
    assert listed(program.get("matches/", product=second.variant.product.remote_id)) == [second.pk]
    since = timezone.now().isoformat()
    reports.report_match(first, bruno.merchant, "other", by="bea")
    assert listed(program.get("matches/", status="ask")) == [first.pk]
    assert listed(program.get("matches/", updated_after=since)) == [first.pk]
    later = (timezone.now() + dt.timedelta(minutes=1)).isoformat()
    assert listed(program.get("matches/", updated_after=later)) == []
    assert program.get("matches/", staus="ask").status_code == 400
    assert program.get("matches/", status="lost").status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_list(alma, bruno, django_assert_max_num_queries):
    share(bruno, alma, 12)
    program = Program(bruno)
    with django_assert_max_num_queries(12):
        assert len(listed(program.get("matches/"))) == 12


# --- reporting --------------------------------------------------------------------------------------------------------
def test_a_program_reports_a_wrong_match_and_reads_what_becomes_of_it(boot, bruno):
    program = Program(bruno)
    answer = program.post(f"matches/{boot.pk}/report/", {"reason": "other_colour", "note": "Mine is white."})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["shelf"]["wanted"], told["partners"]) == ("ask", 0, 1)
    assert told["report"]["status"] == "open"
    assert told["report"]["words"][0] | {"at": ""} == {
        "by": told["report"]["words"][0]["by"],
        "at": "",
        "reason": "other_colour",
        "note": "Mine is white.",
    }
    assert told["report"]["words"][0]["by"].startswith("API key ")
    reports.answer_report(MatchReport.everyone.get().card, False, by="sam")
    told = program.get(f"matches/{boot.pk}/").json()
    assert (told["status"], told["report"]["status"]) == ("rejected", "upheld")
    assert told["report"]["outcome"] == "You were right: they are not the same, and will not be linked again."


def test_the_same_key_sent_again_reports_once_and_without_one_the_words_are_added(boot, bruno):
    program = Program(bruno)
    for _ in range(2):
        assert program.post(f"matches/{boot.pk}/report/", {"reason": "other"}, Idempotency_Key="a").status_code == 200
    assert program.post(f"matches/{boot.pk}/report/", {"reason": "other", "note": "Look at it."}).status_code == 200
    assert len(MatchReport.everyone.get().words) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, [("reason", "required")]),
        ({"reason": "ugly"}, [("reason", "invalid_choice")]),
        ({"reason": "other", "nota": "x"}, [("nota", "unknown_field")]),
        ({"reason": "other", "note": "x" * 1001}, [("note", "max_length")]),
    ],
)
def test_a_report_that_is_not_one_is_refused_and_nothing_changes(boot, bruno, body, said):
    answer = Program(bruno).post(f"matches/{boot.pk}/report/", body)
    assert (answer.status_code, codes(answer)) == (400, said)
    boot.refresh_from_db()
    assert (boot.status, MatchReport.everyone.count(), Verdict.objects.count()) == ("linked", 0, 0)


def test_a_strangers_and_a_partners_match_is_not_there(boot, cara, alma):
    for shop in (cara, alma):
        program = Program(shop)
        assert program.get(f"matches/{boot.pk}/").status_code == 404
        assert program.post(f"matches/{boot.pk}/report/", {"reason": "other"}).status_code == 404
    assert Program().get(f"matches/{boot.pk}/").status_code == 401
    boot.refresh_from_db()
    assert boot.status == "linked"


def test_a_program_takes_its_report_back_once_and_again(boot, bruno, cara):
    program = Program(bruno)
    program.post(f"matches/{boot.pk}/report/", {"reason": "other"})
    assert Program(cara).delete(f"matches/{boot.pk}/report/").status_code == 404
    for _ in range(2):
        answer = program.delete(f"matches/{boot.pk}/report/")
        told = answer.json()
        assert (answer.status_code, told["status"], told["shelf"]["wanted"]) == (200, "linked", 3)
        assert told["report"]["status"] == "withdrawn"
    assert MatchReport.everyone.get().changes.filter(to_status="withdrawn").count() == 1


def test_without_an_open_report_there_is_nothing_to_take_back(boot, bruno):
    answer = Program(bruno).delete(f"matches/{boot.pk}/report/")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_open_report")


def test_too_many_reports_are_answered_429(boot, bruno, monkeypatch):
    monkeypatch.setattr(reports, "MOST_A_DAY", 0)
    answer = Program(bruno).post(f"matches/{boot.pk}/report/", {"reason": "other"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_reports")


# --- the portal -------------------------------------------------------------------------------------------------------
def person(shop, role="operations"):
    user = User.objects.create_user(f"{shop.name}-{role}".lower(), f"{role}@example.com", "a long password")
    Membership.everyone.create(user=user, merchant=shop.merchant, role=role)
    return signed_in(user)


def test_the_product_page_offers_the_button_and_shows_the_report_afterwards(boot, bruno):
    browser = person(bruno)
    page = reverse("portal:product", args=[boot.variant.product_id])
    assert "Not the same product?" in browser.get(page).content.decode()
    answer = browser.post(reverse("portal:match_report", args=[boot.pk]), {"reason": "other_size", "note": "43"})
    assert (answer.status_code, answer.url) == (302, f"{page}#size-{boot.variant_id}")
    text = browser.get(page).content.decode()
    assert "“It is another size”" in text
    assert "Not the same product?" not in text
    assert "A person compares both products" in text
    reports.answer_report(MatchReport.everyone.get().card, False, by="sam")
    assert "You were right" in browser.get(page).content.decode()


def test_a_report_is_taken_back_on_the_product_page_while_it_is_open(boot, bruno, cara):
    reports.report_match(boot, bruno.merchant, "other_size", by="bea")
    browser = person(bruno)
    page, button = (
        reverse("portal:product", args=[boot.variant.product_id]),
        reverse("portal:match_report_withdraw", args=[boot.pk]),
    )
    assert button in browser.get(page).content.decode()
    assert person(cara).post(button).status_code == 404
    assert person(bruno, "readonly").post(button).status_code == 403
    assert browser.get(button).status_code == 405
    answer = browser.post(button, follow=True)
    assert answer.redirect_chain[-1][0] == f"{page}#size-{boot.variant_id}"
    text = answer.content.decode()
    assert "Your report is taken back." in text
    assert "Report taken back" in text
    assert "Not the same product?" in text
    assert button not in text
    boot.refresh_from_db()
    assert boot.status == "linked"


def test_the_shelf_leads_to_the_button(boot, bruno):
    text = person(bruno).get(reverse("portal:shelf")).content.decode()
    assert f"/products/{boot.variant.product_id}/#size-{boot.variant_id}" in text


def test_a_reader_sees_no_button_and_may_not_press_it(boot, bruno):
    browser = person(bruno, "readonly")
    text = browser.get(reverse("portal:product", args=[boot.variant.product_id])).content.decode()
    assert "Not the same product?" not in text
    assert browser.post(reverse("portal:match_report", args=[boot.pk]), {"reason": "other"}).status_code == 403
    assert MatchReport.everyone.count() == 0


def test_a_stranger_presses_no_button_of_others(boot, cara):
    assert person(cara).post(reverse("portal:match_report", args=[boot.pk]), {"reason": "other"}).status_code == 404
    assert MatchReport.everyone.count() == 0


def test_a_wrong_reason_is_told_on_the_page(boot, bruno):
    answer = person(bruno).post(reverse("portal:match_report", args=[boot.pk]), {"reason": "ugly"}, follow=True)
    assert "The reason is one of" in answer.content.decode()
    assert MatchReport.everyone.count() == 0
