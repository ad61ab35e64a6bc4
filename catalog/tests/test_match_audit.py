"""The rebuild finds what stands and should not, and what should and does not; it changes no link and mails staff once."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import call_command

from catalog import match_audit
from catalog.models import CodeLevel, EvidenceClass, Match, MatchingDrift
from catalog.tests.cast import link, make_item
from catalog.tests.small_network import gtin, match_all, open_shops, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def network():
    """Two shops with three sizes each, matched, and a third shop with something else."""
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    sizes = {"42": gtin(1), "43": gtin(2), "44": gtin(3)}
    a, b = sell(alma, sizes), sell(bruno, sizes)
    c = sell(cara, {"42": gtin(8)}, title="Nordwand City Walker", colour="White")
    match_all()
    return a, b, c


def test_what_was_matched_change_by_change_shows_no_drift(network):
    report = match_audit.audit_matching()
    assert (report.variants, report.pairs, report.missing, report.extra) == (7, 3, 0, 0)
    assert (report.is_alarm, report.finished_at is not None, report.waiting) == (False, True, [])


def test_a_link_that_is_gone_is_missing_and_one_too_many_is_extra(network):
    a, b, c = network
    before = Match.objects.get(variant=b["42"], status="linked")
    Match.objects.filter(pk=before.pk).update(status="withdrawn")
    link(c["42"], Match.objects.get(variant=a["43"], status="linked").item)
    standing = set(Match.objects.filter(status="linked").values_list("variant_id", "item_id"))
    report = match_audit.audit_matching()
    assert (report.missing, report.extra) == (1, 2)
    assert report.by_class == {"gtin": {"missing": 1, "extra": 2}}
    missing = next(example for example in report.examples if example["kind"] == "missing")
    assert {missing["left"], missing["right"]} == {a["42"].pk, b["42"].pk}
    assert set(Match.objects.filter(status="linked").values_list("variant_id", "item_id")) == standing


def test_items_to_split_and_to_merge_are_counted(network):
    a, b, c = network
    item = make_item()
    Match.objects.filter(variant=b["44"]).update(item=item)
    link(c["42"], Match.objects.get(variant=a["43"], status="linked").item)
    report = match_audit.audit_matching()
    assert (report.split_items, report.merged_items) == (1, 1)


def test_what_is_due_is_no_drift(network):
    _, b, _ = network
    Match.objects.filter(variant=b["42"]).update(status="withdrawn")
    type(b["42"]).objects.filter(pk=b["42"].pk).update(match_due_at="2026-01-01T00:00:00Z")
    assert match_audit.audit_matching().missing == 0


def test_what_a_stopped_class_does_not_link_is_no_drift(network):
    _, b, _ = network
    Match.objects.filter(variant=b["42"]).update(status="withdrawn")
    EvidenceClass.objects.filter(name="gtin").update(status="stopped")
    assert match_audit.audit_matching().missing == 0


def test_only_one_audit_is_under_way(network):
    assert match_audit.start_audit() is not None
    assert match_audit.start_audit() is None
    assert MatchingDrift.objects.count() == 1


def test_an_alarm_is_mailed_once(network, monkeypatch):
    get_user_model().objects.create_user("staff", email="staff@example.com", is_staff=True)
    monkeypatch.setattr(match_audit, "FEWEST_PAIRS", 1)
    Match.objects.filter(variant=network[1]["42"]).update(status="withdrawn")
    assert match_audit.audit_matching().is_alarm
    assert (match_audit.tell_alarms(), match_audit.tell_alarms()) == (1, 0)
    assert [message.bcc for message in mail.outbox] == [["staff@example.com"]]


def test_a_code_on_several_colours_is_learnt_as_a_style():
    alma, bruno = open_shops("Alma", "Bruno")
    sell(alma, {"42": gtin(1)}, colour="Black", code="NW1200-001")
    sell(bruno, {"42": gtin(2)}, colour="White", code="NW1200-001")
    match_all()
    match_audit.audit_matching()
    assert list(CodeLevel.objects.values_list("code", "level")) == [("NW1200001", "style")]


def test_the_command_writes_the_report(network, tmp_path, capsys):
    call_command("audit_matching", json=tmp_path / "drift.json")
    told = json.loads((tmp_path / "drift.json").read_text())
    assert {name: told[name] for name in ("variants", "pairs", "missing", "extra", "is_alarm")} == {
        "variants": 7,
        "pairs": 3,
        "missing": 0,
        "extra": 0,
        "is_alarm": False,
    }
    assert "7 variants, 3 linked pairs" in capsys.readouterr().out
