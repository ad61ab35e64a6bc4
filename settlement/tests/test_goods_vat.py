"""Children's goods from the sellers' word to the document: one internal order one VAT, each rate where it belongs, every cent."""

import datetime as dt

import pytest
import time_machine
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from catalog.goods import add_goods_rule, say_goods
from catalog.tests import cast as goods_cast
from catalog.tests.cast import make_item, open_shop, stock
from network.connectors.base import RemoteAddress
from network.models import ApiKey, Membership, RateCard, Shop, User
from network.sending import change_sending
from network.taxing import rate_bp
from orders.models import InternalOrder, InternalOrderLine
from orders.one_parcel import sent_together
from orders.route import route_due
from orders.sell import SoldLine, SoldOrder, sell_from_shelf
from orders.slip import _contents
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.documents.statement import statement_rows
from settlement.explain import explain_sale
from settlement.invoice import issue_documents
from settlement.invoicing import Row, tax_groups, untold
from settlement.models import Document, Statement
from settlement.settle import post_shipped
from settlement.splitting import Terms, divide_shipment, net_of_vat, post_shipment, vat_on
from settlement.tests.cast import agree

OCTOBER = dt.datetime(2026, 10, 20, 10, tzinfo=dt.UTC)
HOME = RemoteAddress(name="Aoife Test", address1="1 Test Street", zip="D01 X285", city="Dublin", country="IE")
SENDING = {"services": [], "zones": {}, "cutoff_hour": 24, "handling_days": 0, "closed_on": [], "capacity": None}


@pytest.fixture
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    settings.NETWORK_CITY, settings.NETWORK_POSTCODE, settings.ROUTING_WAIT_SECONDS = "Paris", "75001", 0
    with time_machine.travel(OCTOBER, tick=False) as clock:
        yield clock


@pytest.fixture
def shops(db, clock, monkeypatch):
    """Alma ships and Bruno sells, both in Ireland: a boot for grown-ups, shoes and a coat for children."""
    monkeypatch.setitem(goods_cast.PLACES, "IE", ("IE", "D02 X285"))
    RateCard.objects.get_or_create(
        origin_kind="retailer", shipper_kind="retailer", version=1,
        defaults={"origin_bp": 2000, "network_bp": 300, "starts_on": dt.date(2024, 1, 1)},
    )  # fmt: skip
    alma, bruno = open_shop("Alma", "IE"), open_shop("Bruno", "IE")
    agree(alma.merchant)
    Shop.objects.update(platform="api", shelf_location_id="")
    change_sending(alma, **SENDING, by="test")
    for sku, kind in (("BOOT", "Boots"), ("SHOE", "Kids shoes"), ("COAT", "Kids coats")):
        item = make_item(sku)
        stock(alma, item, 5, sku=sku, product_type=kind)
        stock(bruno, item, 0, sku=sku, product_type=kind)
    return alma, bruno


def product(shop: Shop, sku: str) -> int:
    return int(shop_variants(shop).get(sku=sku).product_id)


def shop_variants(shop: Shop):
    from catalog.models import Variant

    return Variant.everyone.filter(shop=shop)


def sell(bruno: Shop, *skus: str, reference: str = "W-1") -> list[InternalOrder]:
    lines = tuple(SoldLine(sku, 1, 100_00) for sku in skus)
    sell_from_shelf(bruno, SoldOrder(reference, "EUR", True, True, None, lines, HOME))
    route_due()
    rows = InternalOrder.everyone.filter(order__shop=bruno, order__name=reference)
    return list((rows if rows.exists() else InternalOrder.everyone.all()).order_by("pk"))


def told(rows: list[InternalOrder]) -> list[tuple]:
    return [
        (
            row.vat["supply_rate_bp"],
            row.vat["consumer_rate_bp"],
            sorted(row.lines.values_list("order_line__sku", "net_minor")),
        )
        for row in rows
    ]


def test_each_internal_order_has_one_vat_and_shares_the_postage_of_the_one_parcel(shops):
    alma, bruno = shops
    whole = sum(row.shipping_minor for row in sell(bruno, "BOOT", "SHOE", "COAT"))
    InternalOrder.everyone.update(status="cancelled")
    for shop in shops:
        say_goods(shop, [product(shop, "SHOE")], "children_shoes", by=shop.name)
        add_goods_rule(shop, category="kids coats", tag="", goods="children_clothing", by=shop.name)
    rows = [row for row in sell(bruno, "BOOT", "SHOE", "COAT", reference="W-2") if row.status == "planned"]
    assert told(rows) == [
        (0, 0, [("COAT", 100_00), ("SHOE", 100_00)]),
        (2300, 2300, [("BOOT", 81_30)]),
    ]
    assert sum(row.shipping_minor for row in rows) == whole
    assert all(row.shipping_minor > 0 for row in rows)
    free, usual = rows
    words = {one["sold"]["goods"]: (one["sold"]["how"], one["supplied"]["by"]) for one in free.vat["said"].values()}
    assert words == {"children_shoes": ("word", "Alma"), "children_clothing": ("rule", "Alma")}
    assert ("said" in usual.vat, {row.vat["leaves"] for row in rows}) == (False, {"IE"})
    assert "taxed less in Ireland: by the selling shop’s word." in free.vat["reason"]


def test_each_seller_answers_for_its_own_sale(shops):
    alma, bruno = shops
    say_goods(bruno, [product(bruno, "SHOE")], "children_shoes", by="Bruno")
    (row,) = sell(bruno, "SHOE")
    assert told([row]) == [(2300, 0, [("SHOE", 100_00)])]


def test_a_country_without_a_lower_rate_taxes_them_as_usual(shops, monkeypatch):
    from network.taxing import Party, Point, vat_route

    for country in ("BE", "FR", "DE"):
        party = Party(country, frozenset({country}), True, 1)
        route = vat_route(Point(country), Point(country), party, Party(country, frozenset({country}), True, 2),
                          OCTOBER.date(), goods="children_shoes")  # fmt: skip
        assert route.consumer_rate_bp == rate_bp(country, OCTOBER.date())
        assert "taxed less" not in route.reason


def test_books_statement_document_and_explanation_tell_each_rate(shops, clock):
    alma, bruno = shops
    for shop in shops:
        say_goods(shop, [product(shop, "SHOE"), product(shop, "COAT")], "children_shoes", by="ada")
    free, usual = sell(bruno, "BOOT", "SHOE", "COAT")
    InternalOrder.everyone.update(status="shipped", shipped_at=OCTOBER)
    for line in InternalOrderLine.everyone.all():
        InternalOrderLine.everyone.filter(pk=line.pk).update(shipped_quantity=line.quantity)
    assert post_shipped().posted == 2
    clock.move_to(dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC))
    close_cycle(dt.date(2026, 10, 31))
    issued = issue_documents(dt.date(2026, 10, 1), by="ina")
    assert issued.stuck == {}
    document = Document.everyone.get(kind="389")
    invoice = untold(document.facts)
    assert [(tax.category, tax.rate_bp, tax.vat) for tax in invoice.taxes] == [
        ("S", 2300, vat_on(invoice.taxes[0].base, 2300)),
        ("Z", 0, 0),
    ]
    assert (invoice.net + invoice.vat, sum(tax.base for tax in invoice.taxes)) == (document.gross, document.net)
    rows = list(statement_rows(Statement.everyone.get(merchant=alma.merchant)))
    assert sorted({(row.internal_order, row.vat_rate_bp) for row in rows}) == [(free.number, 0), (usual.number, 2300)]
    assert all(row.gross == row.goods + row.shipping + row.vat for row in rows)
    steps = [step.words for one in explain_sale(free.number, bruno.merchant)[1] for step in one.steps]
    assert any("Children’s shoes by the word of ada (20 Oct 2026)" in words for words in steps)
    assert check_ledger(strict=True).findings == []


LINES = st.lists(st.tuples(st.integers(0, 40_000), st.sampled_from([0, 300, 1700, 2300])), min_size=1, max_size=12)


@settings_of_hypothesis(max_examples=300, deadline=None, derandomize=True)
@given(LINES, st.integers(0, 2_000), st.sampled_from([0, 1500, 2000]), st.sampled_from([0, 200, 300]))
def test_net_and_vat_add_up_by_line_by_order_and_by_document_whatever_the_rates(lines, shipping, origin_bp, network_bp):
    rows, owed = [], 0
    for rate in sorted({rate for _, rate in lines}):  # one internal order for each VAT, as shipments() parts them
        nets = [net_of_vat(gross, rate) for gross, one in lines if one == rate]
        items = divide_shipment(nets, Terms(origin_bp, network_bp, rate, 2000, shipping))
        assert sum(item.vat for item in items) == vat_on(sum(item.supply for item in items), rate)
        assert all(item.net == item.supply + item.origin_fee for item in items if item.kind == "goods")
        postings = post_shipment(items, 1, 2)
        assert sum(one.amount for one in postings) == 0
        assert sum(one.amount for one in postings if one.merchant == 1) == sum(one.supply + one.vat for one in items)
        owed += sum(one.supply + one.vat for one in items)
        rows += [Row("x", 1, item.supply, "S" if rate else "Z", rate) for item in items if item.supply]
    taxes = tax_groups(rows)
    assert sum(tax.base for tax in taxes) == sum(row.net for row in rows)
    assert sum(tax.base + tax.vat for tax in taxes) == owed  # one order a rate: nothing to true up
    assert len(taxes) == len({row.rate_bp for row in rows})


def test_the_shipper_is_told_what_goes_into_one_parcel_and_nobody_else_is(shops, client):
    alma, bruno = shops
    for shop in shops:
        say_goods(shop, [product(shop, "SHOE")], "children_shoes", by=shop.name)
    free, usual = sell(bruno, "BOOT", "SHOE")
    (alone,) = [row for row in sell(bruno, "COAT", reference="W-2") if row.pk not in (free.pk, usual.pk)]
    assert sent_together(alma.merchant, [free, usual, alone]) == {free.pk: [usual.number], usual.pk: [free.number]}
    assert sent_together(bruno.merchant, [free, usual]) == {}
    InternalOrder.everyone.update(status="placed", placed_at=OCTOBER)
    free.refresh_from_db()
    key = {"Authorization": f"Bearer {ApiKey.issue(alma, 'x')[1]}"}
    told_to_programs = {
        one["number"]: one["together_with"]
        for one in client.get("/api/v1/internal-orders/", headers=key).json()["results"]
    }
    assert told_to_programs == {free.number: [usual.number], usual.number: [free.number], alone.number: []}
    user = User.objects.create_user("ada", "ada@example.com", "x")
    Membership.everyone.create(user=user, merchant=alma.merchant, role="owner")
    client.force_login(user)
    page = " ".join(client.get(f"/to-ship/{free.number}/").content.decode().split())
    assert f'Send together with <a href="/to-ship/{usual.number}/">{usual.number}</a>' in page
    assert f"send together with {usual.number}" in client.get("/to-ship/").content.decode()
    assert "end together with" not in client.get(f"/to-ship/{alone.number}/").content.decode()
    assert _contents(free, free.order.destination)["number"] == f"{free.number} + {usual.number}"
    InternalOrder.everyone.filter(pk=usual.pk).update(status="shipped", shipped_at=OCTOBER)
    assert sent_together(alma.merchant, [free]) == {}  # it has left
    assert _contents(free, free.order.destination)["number"] == free.number
