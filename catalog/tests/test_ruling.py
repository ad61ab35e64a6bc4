"""What rules say, without a database: conditions, order, and which rule makes which unreachable."""

import datetime as dt
from dataclasses import dataclass, field

import pytest

from catalog.distributing import RuleFacts, RuleSet, covers, find_idle, shut_out


@dataclass(frozen=True)
class Boot:
    brand: str = "nordwand"
    category: str = "boots"
    tags: frozenset[str] = field(default_factory=lambda: frozenset({"new"}))
    product_id: int = 7
    price_minor: int = 10_000


BOOT = Boot()
PARTNER, OTHER = 1, 2


def rule(pk: int, effect: str = "exclude", side: str = "origin", **conditions: object) -> RuleFacts:
    return RuleFacts(id=pk, side=side, effect=effect, **conditions)


class TestOneRule:
    @pytest.mark.parametrize(
        ("conditions", "fits"),
        [
            ({}, True),
            ({"brand": "nordwand", "category": "boots", "tag": "new"}, True),
            ({"brand": "nordwand", "category": "coats"}, False),
            ({"tag": "outlet"}, False),
            ({"product_id": 7}, True),
            ({"product_id": 8}, False),
            ({"price_from": 10_000, "price_to": 10_000}, True),
            ({"price_from": 10_001}, False),
            ({"price_to": 9_999}, False),
            ({"partner_id": PARTNER, "country": "BE"}, True),
            ({"partner_id": OTHER}, False),
            ({"country": "DE"}, False),
        ],
    )
    def test_speaks_of_what_meets_all_its_conditions(self, conditions: dict[str, object], fits: bool) -> None:
        assert rule(1, **conditions).fits(BOOT, PARTNER, "BE") is fits


class TestGates:
    def test_an_exclusion_closes_whatever_its_place(self) -> None:
        rules = RuleSet((rule(1, "only", brand="nordwand"), rule(2, tag="new")))
        assert rules.against(BOOT, PARTNER, "BE").id == 2

    def test_only_rules_open_together_and_close_to_everything_else(self) -> None:
        rules = RuleSet((rule(1, "only", brand="ostwind"), rule(2, "only", category="boots", partner_id=PARTNER)))
        assert rules.against(BOOT, PARTNER, "BE") is None
        assert rules.against(BOOT, OTHER, "BE").effect == "only"

    def test_no_rule_is_an_open_gate(self) -> None:
        assert RuleSet().against(BOOT, PARTNER, "BE") is None


class TestAmounts:
    def test_the_first_that_fits_decides_and_the_policy_where_none_does(self) -> None:
        rules = RuleSet(
            (rule(1, "buffer", amount=0, tag="outlet"), rule(2, "buffer", amount=3), rule(3, "buffer", amount=9))
        )
        assert rules.amount("buffer", BOOT, PARTNER, "BE", 1) == 3
        assert rules.amount("floor", BOOT, PARTNER, "BE", 1000) == 1000

    def test_a_cap_of_a_partner_limits_its_share_not_the_shelf(self) -> None:
        rules = RuleSet((rule(1, "cap", amount=1, partner_id=PARTNER), rule(2, "cap", amount=4)))
        assert rules.shelf_cap(BOOT, 9) == 4
        assert (rules.share_cap(BOOT, PARTNER, "BE"), rules.share_cap(BOOT, OTHER, "BE")) == (1, None)

    def test_a_cap_of_nothing_is_a_figure_too(self) -> None:
        assert RuleSet((rule(1, "cap", amount=0),)).shelf_cap(BOOT, 9) == 0


class TestReach:
    def test_covering_asks_every_condition_side_and_day(self) -> None:
        broad = rule(1, brand="nordwand", price_from=5_000, starts_on=dt.date(2026, 6, 1), side="both")
        narrow = rule(2, brand="nordwand", tag="new", price_from=9_000, starts_on=dt.date(2026, 7, 1))
        assert covers(broad, narrow)
        assert not covers(narrow, broad)
        assert not covers(rule(3, brand="nordwand", side="shipper"), narrow)
        assert not covers(rule(3, brand="nordwand", ends_on=dt.date(2027, 1, 1)), narrow)

    def test_a_catch_all_above_a_narrow_rule_makes_it_unreachable(self) -> None:
        """T15: the warning that other systems leave out."""
        rules = [rule(1, "cap", amount=9), rule(2, "cap", amount=2, brand="nordwand")]
        (idle,) = find_idle(rules)
        assert (idle.rule.id, idle.because.id) == (2, 1)
        assert idle.text == "A broader rule above it decides first, so this one is never reached."
        assert find_idle(rules[::-1]) == []

    @pytest.mark.parametrize("effect", ["exclude", "only", "floor", "cap", "buffer"])
    def test_what_an_exclusion_keeps_off_no_rule_reaches_wherever_it_stands(self, effect: str) -> None:
        narrow = rule(
            2, effect, side="shipper", brand="nordwand", tag="new", amount=None if effect in ("exclude", "only") else 1
        )
        for rules in (
            [rule(1, side="both", brand="nordwand"), narrow],
            [narrow, rule(1, side="both", brand="nordwand")],
        ):
            assert [idle.rule.id for idle in find_idle(rules)] == [2]

    def test_two_that_say_the_same_leave_one(self) -> None:
        same = [rule(1, brand="nordwand"), rule(2, brand="nordwand")]
        assert [idle.rule.id for idle in find_idle(same)] == [2]

    def test_a_partners_share_and_the_shelf_are_two_limits(self) -> None:
        assert find_idle([rule(1, "cap", amount=9), rule(2, "cap", amount=2, partner_id=PARTNER)]) == []

    def test_what_no_only_rule_lets_in_is_not_reached(self) -> None:
        rules = [rule(1, "only", brand="ostwind"), rule(2, "cap", amount=1, brand="nordwand"), rule(3, "cap", amount=1)]
        assert [idle.rule.id for idle in shut_out(rules)] == [2]
