"""Review cards in the back office's tables: searched and read here, decided on at the desk."""

import json

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import ReviewCard, ReviewCardChange
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin
from skuu.kit.money import Money


class CardChangeInline(ChangesInline):
    model = ReviewCardChange


@admin.register(ReviewCard)
class ReviewCardAdmin(ReadOnlyAdmin):
    list_display = (
        "product",
        "shop",
        "status",
        "evidence_class",
        "at_stake",
        "taken_by",
        "created_at",
        "decided_by",
        "desk",
    )
    list_filter = ("status", "evidence_class", "product__shop")
    search_fields = (
        "product__title",
        "product__vendor",
        "product__variants__sku",
        "product__variants__barcode",
        "decided_by",
        "reason",
    )
    list_select_related = ("product__shop",)
    ordering = ("-money_minor", "pk")
    exclude = ("candidates", "money_minor")
    readonly_fields = ("at_stake", "desk", "as_asked")
    inlines = (CardChangeInline,)

    @admin.display(description="shop", ordering="product__shop__name")
    def shop(self, card: ReviewCard) -> str:
        return card.product.shop.name

    @admin.display(description="at stake", ordering="money_minor")
    def at_stake(self, card: ReviewCard) -> str:
        return Money(card.money_minor, "EUR").format()

    @admin.display(description="desk")
    def desk(self, card: ReviewCard) -> SafeString:
        return format_html('<a href="{}">Open at the desk</a>', reverse("admin:review_card", args=[card.pk]))

    @admin.display(description="candidates as asked")
    def as_asked(self, card: ReviewCard) -> str:
        return json.dumps(card.candidates, indent=2, ensure_ascii=False)
