"""The story on real catalogues: shop exports and identifier lists that nobody here wrote, where their folder exists."""

import datetime as dt
import io
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Sum

from catalog import distribute, match, push, sync
from catalog.models import Match, Placement, StockLevel, Variant
from network import connect
from network.connectors.shopify.standin.importing import read_export, read_identifiers
from network.connectors.shopify.standin.seeds import LocationSeed, StoreSeed
from network.connectors.shopify.standin.server import running_standin
from network.models import Shop, SyncRun
from orders import accept, mirror, place, route
from orders.fulfil import read_fulfilments_due
from orders.models import InternalOrder, Order
from settlement.models import StatementLine
from skuu.demo import opening
from skuu.demo.shopfront import Storefront

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "matching" / "catalogues"
EXPORTS = {"football": "shopify_export_football.csv", "womenswear": "shopify_export_womenswear.csv"}
LISTS = {"sport": "nike_variants.csv", "shoes": "fourteen_shoe_brands_variants.csv"}
VAT = ("NL900000001B02", "NL900000002B90", "NL900000003B81", "NL900000004B01", "NL900000005B63", "NL900000006B54")


def real_stores():
    """Two shops from exports, and two shops for each identifier list, with different stock of the same articles."""
    filled = [(name, read_export(FOLDER / file).products) for name, file in EXPORTS.items()]
    for name, file in LISTS.items():
        filled += [(f"{name}-{side}", read_identifiers(FOLDER / file, salt=side).products) for side in ("a", "b")]
    for number, (name, products) in enumerate(filled):
        place_ = LocationSeed("Winkel", f"Kerkstraat {number + 1}", "Utrecht", f"35{11 + number} AB", "NL")
        yield StoreSeed(
            domain=f"{name}.myshopify.com",
            name=name.title(),
            merchant=f"{name.title()} B.V.",
            kind="retailer",
            country="NL",
            currency="EUR",
            vat_ids=(VAT[number],),
            plan="Plus",
            locations=(place_,),
            products=tuple(replace(product, status="ACTIVE") for product in products),
        )


def settle_down():
    """Run every sweep until none finds anything, as workers do."""
    steps = (match.match_due, accept.read_due, route.route_due, place.place_due, place.accept_requests_due)
    steps += (read_fulfilments_due, mirror.mirror_due, sync.confirm_levels, distribute.distribute_due, push.push_due)
    for _ in range(60):
        if not sum(step() for step in steps):
            return
    pytest.fail("the sweeps find no end")


def read_everything(seconds=90):
    end = time.monotonic() + seconds
    while SyncRun.everyone.filter(status__in=["waiting", "reading"]).exists():
        assert time.monotonic() < end, list(SyncRun.everyone.values("shop__name", "status", "error"))
        SyncRun.everyone.update(next_attempt_at=dt.datetime.now(dt.UTC))
        sync.continue_reads()


def as_told(store, running):
    return {
        "domain": store.domain,
        "name": store.name,
        "merchant": store.merchant,
        "kind": store.kind,
        "country": store.country,
        "currency": store.currency,
        "vat_ids": store.vat_ids,
        "oss": store.oss,
        "locations": [vars(place_) for place_ in store.locations],
    }


def front(running, shop):
    tokens = (running.shopper_token(shop.domain), running.merchant_token(shop.domain))
    return Storefront(running.base_url, shop.domain, "NL", "EUR", *tokens)


@pytest.fixture
def opened(db, settings):
    """All six shops connected, read, matched and live on a stand-in."""
    stores = list(real_stores())
    app = {"client_id": settings.SHOPIFY_CLIENT_ID, "client_secret": settings.SHOPIFY_CLIENT_SECRET}
    with running_standin(stores, **app) as running:
        settings.SHOPIFY_STANDIN_URL, settings.BASE_URL = running.base_url, "http://127.0.0.1:9"
        told = [as_told(store, running) for store in stores]
        _, shops = opening.connect_stores(told, standin=running.base_url, passwords={})
        read_everything()
        settle_down()
        for shop in shops:
            shop.refresh_from_db()
            connect.go_live(shop, by="test")
        settle_down()
        yield running, {shop.domain.split(".")[0]: shop for shop in shops}


def every_file_is_here():
    return all((FOLDER / file).exists() for file in (*EXPORTS.values(), *LISTS.values()))


def check_the_story_on_real_catalogues(opened):
    running, shops = opened
    counts = dict(Variant.everyone.filter(deleted_at=None).values_list("shop__domain").annotate(n=Count("pk")))
    assert {domain.split(".")[0]: n for domain, n in counts.items()} == {
        "football": 1565,
        "womenswear": 882,
        "sport-a": 349,
        "sport-b": 349,
        "shoes-a": 1082,
        "shoes-b": 1082,
    }
    check_links(shops)
    check_trade(running)


def check_links(shops):
    """What stands for one item has one barcode; the shops that share no article share no item."""
    linked = Match.everyone.filter(status="linked").exclude(method="own")
    mixed = linked.values("item").annotate(codes=Count("variant__gtin", distinct=True)).filter(codes__gt=1)
    assert not mixed.exists()
    assert not linked.filter(shop__in=[shops["football"], shops["womenswear"]]).exists()
    for name, least in (("sport", 330), ("shoes", 1000)):
        pairs = linked.filter(shop=shops[f"{name}-a"]).values_list("item", flat=True)
        both = linked.filter(shop=shops[f"{name}-b"], item__in=pairs).count()
        assert both >= least, (name, both)


def check_trade(running):
    """One sale from a shelf: placed at the twin shop, tracked back, settled; the seller's own figures stand still."""
    placement = (
        Placement.everyone.filter(pushed__gt=0, wanted=F("pushed"), shop__domain__startswith="shoes")
        .select_related("shop", "variant")
        .order_by("pk")
        .first()
    )
    own = StockLevel.everyone.filter(inventory_item=placement.inventory_item_id)
    before = own.aggregate(n=Sum("available"))["n"]
    origin = front(running, placement.shop)
    order_id = origin.sell(placement.variant.remote_id)
    accept.sweep_all_orders()
    settle_down()
    internal = InternalOrder.everyone.get(order=Order.everyone.get(remote_id=order_id))
    assert internal.status == "accepted"
    shipper = front(running, Shop.everyone.get(pk=internal.shipper_id))
    (placed,) = shipper.internal_orders(internal.number)
    shipper.ship(placed, "PostNL", "3SREAL")
    accept.sweep_all_orders()
    settle_down()
    assert origin.tracking_numbers(order_id) == ["3SREAL"]
    assert own.aggregate(n=Sum("available"))["n"] == before
    call_command("settle", "--through", dt.datetime.now(dt.UTC).date().isoformat(), stdout=io.StringIO())
    call_command("check_ledger", "--strict", stdout=io.StringIO())
    lines = StatementLine.objects.filter(entry__internal_order_id=internal.pk)
    assert lines.values("statement__merchant").distinct().count() == 2


if every_file_is_here():
    # the files have no licence to be copied, so the test stands wherever their folder does
    test_the_story_on_real_catalogues = pytest.mark.catalogues(check_the_story_on_real_catalogues)
