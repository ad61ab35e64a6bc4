"""Staff read what audits measured, re-open a stopped class with a reason, and decide which words are learnt."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from catalog import gates, reports
from catalog.models import AliasProposal, BrandAlias, ColourAlias, EvidenceClass
from catalog.tests.cast import open_shop, stock
from catalog.tests.doubted import checked, share
from network.models import User
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)


@pytest.fixture
def reader():
    user = User.objects.create_user("rita", "rita@example.com", "x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return signed_in(user, second_factor=True)


def reopen(browser, reason, name="gtin"):
    return browser.post(reverse("admin:evidence_class_reopen", args=[name]), {"reason": reason}, follow=True)


def test_the_list_tells_precision_bounds_and_what_is_missing(staff, bruno):
    checked("gtin", 299, wrong=1)
    gates.evaluate_class("gtin")
    text = staff.get(reverse("admin:catalog_evidenceclass_changelist")).content.decode()
    for told in ("99.67 %", "98.43 %", "99.98 %", "647"):
        assert told in text


def test_a_stopped_class_is_reopened_with_a_reason_and_by_nobody_without_the_right(staff, reader, bruno):
    checked("gtin", 10, wrong=5)
    gates.evaluate_class("gtin")
    page = reverse("admin:catalog_evidenceclass_change", args=["gtin"])
    assert "Re-open it on probation" in staff.get(page).content.decode()
    assert "Re-open it on probation" not in reader.get(page).content.decode()
    assert reopen(reader, "because").status_code == 403
    assert "Say why it may link by itself again." in reopen(staff, " ").content.decode()
    assert EvidenceClass.objects.get(pk="gtin").status == "stopped"
    assert "links by itself again" in reopen(staff, "The shop has left.").content.decode()
    row = EvidenceClass.objects.get(pk="gtin")
    assert (row.status, row.changes.order_by("-pk").first().by) == ("provisional", "ina")


def test_audits_and_reports_lead_to_the_desk(staff, bruno):
    (mine, other) = share(bruno, open_shop("Alma"), 2)
    gates.draw_audits()
    made = reports.report_match(mine, bruno.merchant, "other_colour", "Mine is white.", by="bea")
    assert (
        reverse("admin:review_card", args=[other.audits.get().card_id])
        in staff.get(reverse("admin:catalog_audit_changelist")).content.decode()
    )
    assert (
        reverse("admin:review_card", args=[made.card_id])
        in staff.get(reverse("admin:catalog_matchreport_changelist")).content.decode()
    )
    told = staff.get(reverse("admin:catalog_matchreport_change", args=[made.pk])).content.decode()
    assert "Mine is white." in told


def act(browser, name, action, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return browser.post(reverse(f"admin:catalog_{name}_changelist"), data, follow=True)


def test_proposals_are_confirmed_and_rejected_from_the_list(staff, reader, bruno):
    stock(bruno, None, brand_key="adidaz")
    yes = AliasProposal.objects.create(kind="brand", word="adidaz", meaning="adidas", verdicts=3)
    no = AliasProposal.objects.create(kind="colour", word="gletscher", meaning="white", verdicts=1)
    act(reader, "aliasproposal", "confirm", yes)
    assert not BrandAlias.objects.exists()
    assert (
        "Confirmed: 1. Variants that will be read and matched anew: 1."
        in act(staff, "aliasproposal", "confirm", yes).content.decode()
    )
    act(staff, "aliasproposal", "reject", no)
    assert BrandAlias.objects.get().alias == "adidaz"
    assert set(AliasProposal.objects.values_list("word", "status")) == {
        ("adidaz", "confirmed"),
        ("gletscher", "rejected"),
    }


def test_a_name_is_added_by_hand_after_a_preview_and_removed_again(staff, reader, bruno):
    stock(bruno, None, colour_key="raw:gletscher")
    said = {"kind": "colour", "word": "Gletscher", "meaning": "white/grey"}
    where = reverse("admin:alias_add")
    assert reader.get(where).status_code == 403
    assert "read and matched anew: 1, of products: 1, in shops: 1." in staff.post(where, said).content.decode()
    assert not ColourAlias.objects.exists()
    assert "is no base colour" in staff.post(where, said | {"meaning": "icecream"}).content.decode()
    answer = staff.post(where, said | {"confirm": "1"}, follow=True)
    assert "read and matched anew: 1." in answer.content.decode()
    row = ColourAlias.objects.get()
    assert (row.word, row.bases, row.by) == ("gletscher", ["white", "grey"], "ina")
    act(staff, "colouralias", "forget", row)
    assert not ColourAlias.objects.exists()


def test_the_list_of_names_leads_to_adding_and_to_the_proposals(staff):
    for name in ("brandalias", "colouralias"):
        text = staff.get(reverse(f"admin:catalog_{name}_changelist")).content.decode()
        assert reverse("admin:alias_add") in text


def test_the_operations_page_shows_a_stopped_class_and_the_reports_that_wait(staff, bruno):
    checked("gtin", 10, wrong=5)
    gates.evaluate_class("gtin")
    (mine,) = share(bruno, open_shop("Alma"), 1)
    reports.report_match(mine, bruno.merchant, "other", by="bea")
    text = " ".join(staff.get("/admin/operations/").content.decode().split())
    assert reverse("admin:catalog_evidenceclass_change", args=["gtin"]) in text
    assert "stopped" in text
    assert "1 report of wrong matches to be decided" in text
