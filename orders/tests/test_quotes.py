"""Whatever a program asks of the quotes, it is answered in kind: a figure, or a refusal that names the field and the reason."""

import pytest

from catalog.models import Claim
from catalog.tests.cast import make_item, open_shop, stock
from network.models import Shop
from orders.models import RoutingTrace
from orders.tests.test_decide import Scene
from skuu.testing.calling import Program, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene()


def ask(scene, **changes):
    wish = {"lines": [{"variant": "B1", "quantity": 1}], "ship_to": {"country": "BE", "zip": "9000"}}
    return Program(scene.bruno).post("quotes/", wish | changes)


def lines(*asked):
    return {"lines": [{"variant": variant, "quantity": quantity} for variant, quantity in asked]}


REFUSED = [
    (lines(("B1", 0)), "lines[0].quantity", "min_value"),
    (lines(("B1", -3)), "lines[0].quantity", "min_value"),
    (lines(("B1", 101)), "lines[0].quantity", "max_value"),
    (lines(("B1", 10**40)), "lines[0].quantity", "max_value"),
    (lines(("B1", 1.5)), "lines[0].quantity", "invalid"),
    (lines(("B1", "many")), "lines[0].quantity", "invalid"),
    (lines(("B1", True)), "lines[0].quantity", "invalid"),
    (lines(("B1", None)), "lines[0].quantity", "null"),
    (lines(("B1", [1])), "lines[0].quantity", "invalid"),
    (lines(("", 1)), "lines[0].variant", "blank"),
    (lines(("x" * 256, 1)), "lines[0].variant", "max_length"),
    ({"lines": []}, "lines", "min_length"),
    ({"lines": None}, "lines", "null"),
    ({"lines": {}}, "lines", "not_a_list"),
    ({"lines": [1]}, "lines[0]", "invalid"),
    (lines(*[("B1", 1)] * 51), "lines", "max_length"),
    (lines(*[("B1", 1)] * 200), "lines", "max_length"),
    ({"lines": [{"variant": "B1", "quantity": 1, "price": 1}]}, "lines[0].price", "unknown_field"),
    ({"ship_to": {}}, "ship_to.country", "required"),
    ({"ship_to": None}, "ship_to", "null"),
    ({"ship_to": {"country": "Belgium"}}, "ship_to.country", "unknown_country"),
    ({"ship_to": {"country": "be"}}, "ship_to.country", "unknown_country"),
    ({"ship_to": {"country": ["BE"]}}, "ship_to.country", "invalid"),
    ({"ship_to": {"country": ""}}, "ship_to.country", "blank"),
    ({"ship_to": {"country": "ZZ"}}, "ship_to.country", "unknown_country"),
    ({"ship_to": {"country": "BE", "zip": "9" * 21}}, "ship_to.zip", "max_length"),
    ({"pay": True}, "pay", "unknown_field"),
]


@pytest.mark.parametrize(("changes", "field", "code"), REFUSED)
def test_what_cannot_be_asked_is_refused_with_field_and_code(scene, changes, field, code):
    answer = ask(scene, **changes)
    assert (answer.status_code, codes(answer)) == (400, [(field, code)])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b'{"lines": NaN}', b"[" * 5000, b'{"lines": "\\u0000"}']
)
def test_a_body_that_is_no_question_is_refused(scene, body):
    answer = Program(scene.bruno).post("quotes/", body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("parse_error", "validation_error", "invalid")


def test_variants_of_others_are_as_unknown_as_those_of_nobody(scene):
    """Tenancy: Alma's own ids and SKUs, and Cara's, tell Bruno nothing."""
    cara = open_shop(f"Cara{Shop.objects.count()}")
    theirs = stock(cara, scene.item, 5, sku="CARA-ONLY")
    alma = scene.stock[scene.alma.pk]
    told = []
    for name in (theirs.remote_id, "CARA-ONLY", alma.remote_id, alma.sku, "nobody's"):
        answer = ask(scene, **lines((name, 1)))
        assert (answer.status_code, answer.json()["code"], answer.json()["variants"]) == (
            422,
            "unknown_variant",
            [name],
        )
        told.append(answer.json()["title"].replace(name, "…"))
    assert len(set(told)) == 1


def test_a_sku_of_two_variants_is_ambiguous(scene):
    stock(scene.bruno, None, 0, sku="B1")
    answer = ask(scene)
    assert (answer.status_code, answer.json()["code"], answer.json()["variant"]) == (422, "ambiguous_sku", "B1")


@pytest.mark.parametrize(
    ("changes", "served", "reasons"),
    [
        (lines(("B1", 100)), False, ["only 4 of 100 units left"]),
        (lines(("B1", 3), ("B1", 3)), False, ["", "only 1 of 3 units left"]),
        (lines(*[("B1", 1)] * 4), True, [""] * 4),
        ({"ship_to": {"country": "US", "zip": "10001"}}, False, None),
        ({"ship_to": {"country": "ES", "zip": "35001"}}, False, None),
        ({"ship_to": {"country": "BE"}}, True, [""]),
        ({"ship_to": {"country": "BE", "zip": "?!"}}, True, [""]),
    ],
)
def test_what_can_be_asked_is_answered_whatever_comes_of_it_and_nothing_is_held(scene, changes, served, reasons):
    answer = ask(scene, **changes)
    told = answer.json()
    assert (answer.status_code, told["served"]) == (200, served)
    assert [bool(line["reason"]) for line in told["lines"]] == [not line["served"] for line in told["lines"]]
    if reasons is not None:
        assert [line["reason"] for line in told["lines"]] == reasons
    assert (Claim.objects.count(), RoutingTrace.everyone.count()) == (0, 0)


def test_fifty_lines_are_answered_with_as_many_queries_as_one(scene, django_assert_max_num_queries):
    for number in range(50):
        item = make_item(size=f"L{number}")
        stock(scene.bruno, item, 0, sku=f"L{number}"), stock(scene.alma, item, 1, sku=f"A{number}")
    with django_assert_max_num_queries(40):
        answer = ask(scene, **lines(*[(f"L{number}", 1) for number in range(50)]))
    assert answer.status_code == 200
    assert (answer.json()["served"], len(answer.json()["lines"]), len(answer.json()["parcels"])) == (True, 50, 1)


def test_without_a_key_nobody_is_answered(scene):
    assert Program().post("quotes/", {}).status_code == 401
