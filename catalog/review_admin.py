"""Review cards in the back office's tables: searched and read here, decided on at the desk."""

import json

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.models import BulkCard, BulkDecision, BulkDecisionChange, CardSight, ReviewCard, ReviewCardChange
from catalog.weighing import show_money
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin


def _to_desk(name: str, pk: int) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(name, args=[pk]), _("Open at the desk"))


class CardChangeInline(ChangesInline):
    model = ReviewCardChange


@admin.register(ReviewCard)
class ReviewCardAdmin(ReadOnlyAdmin):
    list_display = (
        "product",
        "shop",
        "kind",
        "status",
        "evidence_class",
        "at_stake",
        "taken_by",
        "created_at",
        "decided_by",
        "desk",
    )
    list_filter = ("status", "kind", "evidence_class", "product__shop")
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

    @admin.display(description=_("shop"), ordering="product__shop__name")
    def shop(self, card: ReviewCard) -> str:
        return card.product.shop.name

    @admin.display(description=_("at stake"), ordering="money_minor")
    def at_stake(self, card: ReviewCard) -> str:
        return show_money(card.money_minor, "EUR")

    @admin.display(description=_("desk"))
    def desk(self, card: ReviewCard) -> SafeString:
        return _to_desk("admin:review_card", card.pk)

    @admin.display(description=_("candidates as asked"))
    def as_asked(self, card: ReviewCard) -> str:
        return json.dumps(card.candidates, indent=2, ensure_ascii=False)


class BulkChangeInline(ChangesInline):
    model = BulkDecisionChange


@admin.register(BulkDecision)
class BulkDecisionAdmin(ReadOnlyAdmin):
    list_display = ("id", "by", "status", "created_at", "confirmed_at", "desk")
    list_filter = ("status",)
    search_fields = ("by",)
    ordering = ("-pk",)
    inlines = (BulkChangeInline,)

    @admin.display(description=_("desk"))
    def desk(self, row: BulkDecision) -> SafeString:
        return _to_desk("admin:review_bulk_one", row.pk)


@admin.register(BulkCard)
class BulkCardAdmin(ReadOnlyAdmin):
    list_display = ("bulk", "card", "candidate", "sizes", "status", "reason")
    list_filter = ("status",)
    search_fields = ("card__product__title", "reason")
    list_select_related = ("bulk", "card")
    ordering = ("-pk",)


@admin.register(CardSight)
class CardSightAdmin(ReadOnlyAdmin):
    list_display = ("card", "by", "digest")
    search_fields = ("by",)
    list_select_related = ("card",)
    ordering = ("-pk",)
