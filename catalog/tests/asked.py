"""Review cards for tests: a product of one shop asked about beside products of others, sizes aligned."""

from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from catalog.models import InventoryItem, Product, ReviewCard, ReviewCardChange, Variant
from catalog.sight import see_card
from catalog.tests.cast import put
from network.models import Shop, User

HTMX = {"HX-Request": "true"}


def sell(shop: Shop, title: str = "Fjord Boot", sizes: tuple[str, ...] = ("41", "42"), **columns: Any) -> list[Variant]:
    """Give a shop a product with these sizes, none in stock; ``units`` by size puts some there."""
    units, count = columns.pop("units", {}), Product.everyone.count()
    price = columns.pop("price", 10000)
    facts = {
        "brand_key": "fjord",
        "colour_key": "black",
        "gender": "m",
        "code": "FJ100",
        "code_level": "full",
    } | columns
    product = Product.everyone.create(
        shop=shop, remote_id=f"asked-{count}", title=title, vendor="Fjord", product_type="Boots",
        image_url=f"https://pictures.example/{count}.jpg",
    )  # fmt: skip
    made = []
    for place, size in enumerate(sizes):
        goods = InventoryItem.everyone.create(shop=shop, remote_id=f"asked-{count}-{size}", grams=500)
        variant = Variant.everyone.create(
            shop=shop, product=product, inventory_item=goods, remote_id=f"asked-{count}-{size}", title=size,
            options=[["Size", size], ["Colour", "Black"]], sku=f"{count}-{size}", price_minor=price, position=place,
            size_key=size, size_label=size, match_due_at=None, norm_version=1, **facts,
        )  # fmt: skip
        put(variant, units.get(size, 0))
        made.append(variant)
    return made


def ask(mine: list[Variant], *others: list[Variant], score: float = 0.95, **columns: Any) -> ReviewCard:
    """Open a card that asks whether a product is one of these others, the first the likeliest."""
    candidates = [
        {
            "product": theirs[0].product_id,
            "score": round(score - 0.2 * place, 3),
            "why": ["The titles agree."],
            "sizes": [
                {"mine": one.pk, "theirs": other.pk, "label": one.size_label, "theirs_label": other.size_label}
                for one, other in zip(mine, theirs, strict=False)
            ],
        }
        for place, theirs in enumerate(others)
    ]
    facts = {"evidence_class": "title", "reason": "Only titles speak for it.", "money_minor": 1000} | columns
    card = ReviewCard.everyone.create(product=mine[0].product, candidates=candidates, **facts)
    ReviewCardChange.objects.create(row=card, to_status="open", by="engine")
    return card


def reviewer(name: str, *, may: tuple[str, ...] = ("view", "change")) -> User:
    """Make a member of staff who may judge cards."""
    user = User.objects.create_user(name, f"{name}@example.com", "a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=[f"{word}_reviewcard" for word in may]))
    return user


def decide_at_desk(client: Client, card: ReviewCard, what: str, **form: str) -> HttpResponse:
    """Press a button of the desk on what the card shows now."""
    form.setdefault("digest", see_card(card).digest)
    return client.post(reverse(f"admin:review_{what}", args=[card.pk]), form, headers=HTMX)
