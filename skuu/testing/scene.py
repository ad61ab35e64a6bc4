"""A small network in full trade, for the pages' tests: matched, distributed, sold, shipped, settled by the real verbs."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.utils import timezone

from catalog import distribute, match
from catalog.models import ItemMark, Placement, Product
from network.models import Membership, Merchant, Notice, Shop, SyncRun, User
from network.scoping import as_network
from orders.fulfil import ship_internal_order
from orders.models import InternalOrder, Order, OrderLine
from orders.route import route_order
from settlement.close import close_cycle
from settlement.self_billing import agree_self_billing, digest_of, words_for
from skuu.kit.states import move
from skuu.testing.world import load_world

PASSWORD = "a-long-test-password"  # noqa: S105 - of the throw-away database
PICTURES = "https://pictures.example"
CHECKLIST = [
    {"key": "access", "ok": True, "title": "The network reaches your store", "fix": "", "blocks": True},
    {"key": "shelf", "ok": True, "title": "The shelf is set up", "fix": "", "blocks": True},
    {
        "key": "rates",
        "ok": False,
        "title": "Shipping rates cover the shelf",
        "fix": "In your store’s settings, under Shipping, add the location “SKUU network shelf” to a rate.",
        "blocks": False,
    },
]
ADDRESS = {
    "name": "Jo Example",
    "address1": "Teststraat 12",
    "city": "Gent",
    "zip": "9000",
    "country": "BE",
}


@dataclass
class Scene:
    """Who is in it, by the store's short name."""

    shops: dict[str, Shop]
    users: dict[str, User] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)


def open_scene(world: str = "tiny", *, orders: int = 6, scale: float = 1.0) -> Scene:
    """Build the scene: every merchant has an owner named like its store; the shelves are pushed; orders are at every stage."""
    with as_network():
        scene = Scene(load_world(world, scale=scale))
        _dress(scene)
        while match.match_due():
            pass
        distribute.distribute_all()
        ItemMark.objects.all().delete()
        Placement.everyone.update(pushed=F("wanted"), activated=True, pushed_at=timezone.now())
        for at, placement in enumerate(_sellable(orders)):
            scene.orders.append(_sell(placement, at))
        _carry_on()
    return scene


def join(scene: Scene, name: str, merchant: Merchant, role: str) -> User:
    """Let a person with this user name act for a merchant."""
    user = User.objects.create_user(username=name, email=f"{name}@example.com", password=PASSWORD)
    Membership.everyone.create(user=user, merchant=merchant, role=role)
    scene.users[name] = user
    return user


def _dress(scene: Scene) -> None:
    for name, shop in scene.shops.items():
        join(scene, name, shop.merchant, "owner")
        agree_self_billing(shop.merchant, by=name, name="Ada Owner", digest=digest_of(words_for(shop.merchant)))
        Shop.everyone.filter(pk=shop.pk).update(checklist=CHECKLIST, checked_at=timezone.now())
        SyncRun.everyone.create(
            shop=shop,
            kind="first",
            status="done",
            counts={"products": Product.everyone.filter(shop=shop).count()},
            finished_at=timezone.now(),
        )
        for product in Product.everyone.filter(shop=shop):
            product.image_url = f"{PICTURES}/{product.pk}.svg"
            product.save(update_fields=["image_url"])


def _sellable(count: int) -> list[Placement]:
    rows = Placement.everyone.filter(pushed__gt=0).select_related("shop", "variant__product")
    return list(rows.order_by("shop_id", "variant__product_id", "pk")[:count])


def _sell(placement: Placement, at: int) -> Order:
    """Let a customer buy a size from a shelf, paid some days ago."""
    when = timezone.now() - dt.timedelta(days=(at * 5) % 27, hours=3)
    address = ADDRESS | {"country": placement.shop.country, "zip": placement.shop.postcode, "city": placement.shop.city}
    bought: Any = {"address": address}
    order = Order.everyone.create(
        shop=placement.shop,
        remote_id=f"gid://shopify/Order/{9000 + at}",
        name=f"#{1001 + at}",
        currency=placement.shop.currency,
        financial_status="PAID",
        placed_at=when,
        paid_at=when,
        country=placement.shop.country,
        **bought,
    )
    variant = placement.variant
    OrderLine.everyone.create(
        order=order,
        remote_id=f"gid://shopify/LineItem/{9000 + at}",
        variant=variant,
        title=f"{variant.product.title} – {variant.title}",
        sku=variant.sku,
        quantity=1,
        unit_price_minor=variant.price_minor,
    )
    route_order(order, by="network")
    return order


def _carry_on() -> None:
    """Leave the orders at different stages: asked, placed, shipped; close a cycle over what was shipped."""
    for at, row in enumerate(InternalOrder.everyone.filter(status="planned").order_by("pk")):
        if at % 4 == 3:
            InternalOrder.everyone.filter(pk=row.pk).update(asks=True)
            continue
        row.remote_name = f"#{2001 + at}"
        move(row, "placed", by="network", placed_at=timezone.now(), remote_name=row.remote_name)
        if at % 2 == 0:
            carrier = ("bpost", "PostNL", "DHL")[at % 3]
            ship_internal_order(
                row, carrier=carrier, number=f"TRACK{at:06d}", url="https://carrier.example/t", by="test"
            )
            InternalOrder.everyone.filter(pk=row.pk).update(shipped_at=row.order.placed_at + dt.timedelta(days=1))
    close_cycle(timezone.localdate(), by="test")
    shop = Shop.everyone.filter(pk__in=Order.everyone.values("shop")).order_by("pk").first()
    if shop:
        Notice.everyone.create(
            shop=shop,
            kind="handed_back",
            key="scene",
            subject="Order #1000: nobody can ship “Duin Sandal”",
            body="Refund this line to your customer, or source it yourself.",
            link="/my-orders/",
        )
