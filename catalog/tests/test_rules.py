"""Rules and policy as verbs: versions, the book, restoring, refusals, warnings, previews."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.claim import claim_units, use_claims
from catalog.distribute import distribute_due
from catalog.models import Claim, Demand, Item, Placement, Rule, RuleBook
from catalog.preview import preview_removal, preview_rule
from catalog.rules import (
    BadRule,
    Draft,
    SameRule,
    add_rule,
    change_policy,
    change_rule,
    idle_rules,
    move_rule,
    pages_of,
    remove_rule,
    restore_page,
    restore_rule,
    standing_rules,
    warn_of,
)
from catalog.say_rules import say_rule
from catalog.tests.cast import level_of, make_item, open_shop, stock
from network.models import Shop
from skuu.kit.errors import NotFound, NotPossible

pytestmark = pytest.mark.django_db
BRAND = Draft(brand="Nordwand")


@pytest.fixture
def bruno() -> Shop:
    shop = open_shop("Bruno")
    shop.boot = stock(shop, make_item(), 0)
    return shop


@pytest.fixture
def alma(bruno: Shop) -> Shop:
    shop = open_shop("Alma")
    shop.boot = stock(shop, Item.objects.get(), 3)
    return shop


def decide() -> None:
    while distribute_due():
        pass


def shelf(shop: Shop) -> list[int]:
    return list(Placement.objects.filter(shop=shop).values_list("wanted", flat=True))


class TestVersions:
    def test_a_rule_stands_in_lower_case_with_its_maker_and_marks_the_items(self, alma: Shop, bruno: Shop) -> None:
        decide()
        assert shelf(bruno) == [3]
        rule = add_rule(bruno, BRAND, by="bruno@shop")
        assert (rule.brand, rule.version, rule.created_by) == ("nordwand", 1, "bruno@shop")
        decide()
        assert shelf(bruno) == [0]
        assert Placement.objects.get().reason["text"] == ["A rule of yours keeps it off."]

    def test_a_change_is_a_new_version_and_the_old_one_stays_readable(self, bruno: Shop) -> None:
        first = add_rule(bruno, BRAND, by="b")
        second = change_rule(first, Draft(brand="nordwand", tag="Outlet"), by="c")
        first.refresh_from_db()
        assert (second.version, second.replaces_id, second.tag, second.created_by) == (2, first.pk, "outlet", "c")
        assert (first.brand, first.tag, first.removed_by) == ("nordwand", "", "c")
        assert standing_rules(bruno) == [second]

    def test_saying_the_same_again_changes_nothing(self, bruno: Shop) -> None:
        rule = add_rule(bruno, BRAND, by="b")
        assert change_rule(rule, Draft.of(rule), by="b") == rule
        assert pages_of(bruno).count() == 2

    def test_of_two_changes_at_once_the_second_is_told(self, bruno: Shop) -> None:
        rule = add_rule(bruno, BRAND, by="b")
        stale = Rule.objects.get(pk=rule.pk)
        change_rule(rule, Draft(brand="nordwand", tag="a"), by="b")
        with pytest.raises(NotFound):
            change_rule(stale, Draft(brand="nordwand", tag="b"), by="b")
        assert [one.tag for one in standing_rules(bruno)] == ["a"]

    def test_the_same_rule_stands_once(self, bruno: Shop) -> None:
        add_rule(bruno, BRAND, by="b")
        with pytest.raises(SameRule):
            add_rule(bruno, Draft(brand="NORDWAND "), by="b")
        assert Rule.objects.count() == 1

    def test_a_removed_rule_comes_back_unless_an_equal_one_stands(self, bruno: Shop) -> None:
        rule = add_rule(bruno, BRAND, by="b")
        remove_rule(rule, by="b")
        remove_rule(rule, by="b")
        assert standing_rules(bruno) == []
        add_rule(bruno, BRAND, by="b")
        with pytest.raises(SameRule):
            restore_rule(rule, by="b")

    def test_the_book_names_every_state_with_who_and_what(self, bruno: Shop) -> None:
        rule = add_rule(bruno, BRAND, by="b")
        change_policy(bruno, {"placement_cap": 3}, by="c")
        change_policy(bruno, {"placement_cap": 3}, by="c")
        remove_rule(rule, by="d")
        assert list(pages_of(bruno).values_list("number", "what", "by", "rules")) == [
            (4, "Removed: Keep brand “nordwand” off my shelf", "d", []),
            (3, "Policy: placement cap: 5 → 3", "c", [rule.pk]),
            (2, "Added: Keep brand “nordwand” off my shelf", "b", [rule.pk]),
            (1, "As it began", "", []),
        ]

    def test_undo_restores_an_older_state_of_rules_order_and_policy(self, alma: Shop, bruno: Shop) -> None:
        """T20: a change of rules is a version; what was decided keeps its own reasons."""
        one, two = add_rule(bruno, BRAND, by="b"), add_rule(bruno, Draft(tag="outlet"), by="b")
        page = pages_of(bruno).first()
        change_rule(one, Draft(brand="ostwind"), by="b")
        move_rule(Rule.objects.get(brand="ostwind"), up=True, by="b")
        change_policy(bruno, {"placing": "deepen"}, by="b")
        decide()
        assert shelf(bruno) == [3]
        fresh = restore_page(page, by="alone")
        assert (fresh.rules, fresh.what, fresh.by) == ([two.pk, one.pk], f"Back to version {page.number}", "alone")
        assert standing_rules(bruno) == [two, one]
        bruno.refresh_from_db()
        assert bruno.placing == "gaps"
        decide()
        assert shelf(bruno) == [0]
        assert restore_page(page, by="again") == fresh
        assert RuleBook.objects.filter(shop=bruno).count() == fresh.number

    def test_order_decides_between_limits(self, alma: Shop, bruno: Shop) -> None:
        add_rule(bruno, Draft(effect="cap", amount=2), by="b")
        narrow = add_rule(bruno, Draft(effect="cap", amount=1, brand="nordwand"), by="b")
        decide()
        assert shelf(bruno) == [1]
        move_rule(narrow, up=False, by="b")
        decide()
        assert shelf(bruno) == [2]


class TestRefusals:
    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            (Draft(), "brand"),
            (Draft(effect="only"), "brand"),
            (Draft(effect="forbid", brand="x"), "effect"),
            (Draft(side="everywhere", brand="x"), "side"),
            (Draft(effect="cap"), "amount"),
            (Draft(effect="floor", amount=10_001), "amount"),
            (Draft(brand="x", country="Belgium"), "country"),
            (Draft(price_from=2, price_to=1), "price_to"),
            (Draft(price_from=-1), "price_from"),
            (Draft(brand="x", starts_on=dt.date(2099, 2, 1), ends_on=dt.date(2099, 1, 1)), "ends_on"),
            (Draft(brand="x", ends_on=dt.date(2020, 1, 1)), "ends_on"),
            (Draft(product_id=999_999), "product"),
            (Draft(partner_id=999_999), "partner"),
            (Draft(brand="x\0"), "note"),
        ],
    )
    def test_a_rule_that_can_mean_nothing(self, bruno: Shop, draft: Draft, field: str) -> None:
        with pytest.raises(BadRule) as refused:
            add_rule(bruno, draft, by="b")
        assert refused.value.extra["field"] == field
        assert not Rule.objects.exists()
        assert not RuleBook.objects.exists()

    def test_nobodys_product_but_ones_own(self, alma: Shop, bruno: Shop) -> None:
        with pytest.raises(BadRule):
            add_rule(bruno, Draft(product_id=alma.boot.product_id), by="b")

    def test_an_unknown_policy(self, bruno: Shop) -> None:
        with pytest.raises(NotPossible):
            change_policy(bruno, {"status": "live"}, by="b")
        bruno.refresh_from_db()
        assert bruno.status == "live"


class TestWhatTheyDo:
    def test_only_lets_in_and_nothing_else(self, alma: Shop, bruno: Shop) -> None:
        add_rule(bruno, Draft(effect="only", brand="ostwind"), by="b")
        decide()
        assert shelf(bruno) == []
        add_rule(bruno, Draft(effect="only", partner_id=alma.pk), by="b")
        decide()
        assert shelf(bruno) == [3]

    def test_a_floor_of_the_shipper_holds_against_a_cheap_shelf(self, alma: Shop, bruno: Shop) -> None:
        bruno.boot.price_minor = 9_000
        bruno.boot.save()
        decide()
        assert shelf(bruno) == [3]
        add_rule(alma, Draft(effect="floor", amount=500, brand="nordwand"), by="a")
        decide()
        assert shelf(bruno) == [0]
        assert Placement.objects.get().reason["text"] == [
            "Your price is below what the partner allows it to be sold for."
        ]

    def test_a_buffer_keeps_back_per_size(self, alma: Shop, bruno: Shop) -> None:
        add_rule(alma, Draft(effect="buffer", amount=2, category="Boots"), by="a")
        decide()
        assert shelf(bruno) == [1]

    def test_a_buffer_may_differ_by_partner_and_is_none_for_the_others(self, alma: Shop, bruno: Shop) -> None:
        """Pain 2: a fixed buffer for everybody is no buffer for anybody."""
        cara = open_shop("Cara")
        stock(cara, Item.objects.get(), 0)
        add_rule(alma, Draft(effect="buffer", amount=3, partner_id=cara.pk), by="a")
        decide()
        assert (shelf(bruno), shelf(cara)) == ([3], [])

    def test_caps_of_either_side(self, alma: Shop, bruno: Shop) -> None:
        add_rule(alma, Draft(side="shipper", effect="cap", amount=2), by="a")
        decide()
        assert shelf(bruno) == [2]
        add_rule(bruno, Draft(effect="cap", amount=1, partner_id=alma.pk), by="b")
        decide()
        assert shelf(bruno) == [1]

    def test_a_season_begins_and_ends(self, alma: Shop, bruno: Shop) -> None:
        tomorrow = timezone.localdate() + dt.timedelta(days=1)
        rule = add_rule(bruno, Draft(brand="nordwand", starts_on=tomorrow), by="b")
        decide()
        assert shelf(bruno) == [3]
        assert say_rule(rule).endswith(f" from {tomorrow:%-d %b %Y}")


class TestWarnings:
    def test_a_broad_rule_warns_of_those_it_makes_unreachable(self, bruno: Shop) -> None:
        """T15"""
        add_rule(bruno, Draft(effect="cap", amount=2, brand="nordwand"), by="b")
        assert warn_of(bruno, Draft(effect="cap", amount=9)) == [
            "This rule would make another one unreachable: Show at most 2 per size of brand “nordwand” on my shelf."
        ]
        add_rule(bruno, Draft(effect="cap", amount=9), by="b")
        assert [idle.rule.amount for idle in idle_rules(bruno)] == [2]

    def test_a_rule_that_would_do_nothing_says_so(self, bruno: Shop) -> None:
        add_rule(bruno, BRAND, by="b")
        assert warn_of(bruno, Draft(brand="nordwand", tag="new")) == [
            "This rule would do nothing. Another rule keeps off already everything this one speaks of."
        ]


class TestPreview:
    def test_says_what_is_hidden_and_which_orders_it_would_have_cost(self, alma: Shop, bruno: Shop) -> None:
        for number, days in (("1", 2), ("2", 31)):
            at = timezone.now() - dt.timedelta(days=days)
            Demand.objects.create(shop=bruno, variant=bruno.boot, key=number, units=1, outcome="served", at=at)
        found = preview_rule(bruno, BRAND)
        assert (found.hidden, found.orders_lost, found.complete) == (1, 1, True)
        assert found.sentence == "hides 1 size from your shelf. It would have cost 1 order in 30 days."
        assert not Rule.objects.exists()

    def test_says_what_leaves_partners_shelves_and_which_of_their_sales(self, alma: Shop, bruno: Shop) -> None:
        (claim,) = claim_units("order_line:1", [(level_of(alma.boot).pk, 1)])
        use_claims([claim.pk])
        assert Claim.objects.get().status == "used"
        found = preview_rule(alma, Draft(side="shipper", partner_id=bruno.pk))
        assert (found.withdrawn, found.hidden, found.orders_lost) == (1, 0, 1)
        assert found.sentence == "takes 1 size of yours off partners’ shelves. It would have cost 1 order in 30 days."

    def test_of_a_season_to_come_as_if_it_were_in_it(self, alma: Shop, bruno: Shop) -> None:
        tomorrow = timezone.localdate() + dt.timedelta(days=1)
        assert preview_rule(bruno, Draft(brand="nordwand", starts_on=tomorrow)).hidden == 1

    def test_of_an_end_and_of_a_change(self, alma: Shop, bruno: Shop) -> None:
        rule = add_rule(bruno, BRAND, by="b")
        assert preview_removal(rule).shown == 1
        assert preview_rule(bruno, Draft(effect="cap", amount=2), instead_of=rule).shown == 1
        assert preview_rule(bruno, Draft(effect="cap", amount=2)).changes_nothing

    def test_nothing_changes_is_said(self, alma: Shop, bruno: Shop) -> None:
        assert preview_rule(bruno, Draft(brand="ostwind")).sentence == "Nothing on any shelf changes now."
