"""Forms of the rules page: an exclusion whose value fits its kind, and the policy by which a shop takes part."""

from collections.abc import Sequence
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, Rule, Variant
from network.forms import PortalForm
from network.models import Shop
from skuu.kit.errors import SkuuError
from skuu.kit.money import major, parse_minor

KINDS = {
    "brand": _("A brand"),
    "category": _("A category"),
    "tag": _("A tag"),
    "partner": _("A partner"),
    "country": _("A country"),
    "price_above": _("Products above a price"),
    "price_below": _("Products below a price"),
}
SIDES = {"origin": _("off my shelf"), "shipper": _("out of partners’ shelves"), "both": _("both")}
EUROPE = "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK".split()
MOST_CHOICES = 500


def value_choices(shop: Shop, kind: str, partners: list[tuple[str, str]]) -> Sequence[tuple[str, Any]] | None:
    """List what a rule of this kind can name in this shop; None when it is typed."""
    if kind == "brand":
        rows = Variant.objects.for_shop(shop).filter(deleted_at=None).exclude(brand_key="")
        named = dict(rows.order_by("product__vendor").values_list("brand_key", "product__vendor")[: MOST_CHOICES * 20])
        return sorted(named.items(), key=lambda pair: pair[1].casefold())[:MOST_CHOICES]
    if kind == "category":
        products = Product.objects.for_shop(shop).filter(deleted_at=None).exclude(product_type="")
        found = products.order_by("product_type").values_list("product_type", flat=True).distinct()[:MOST_CHOICES]
        return [(name, name) for name in found]
    if kind == "partner":
        return partners
    if kind == "country":
        names = Locale.parse(get_language() or "en", sep="-").territories
        return sorted(((code, str(names.get(code, code))) for code in EUROPE), key=lambda pair: pair[1])
    return None


class RuleForm(PortalForm):
    """What to keep off the shelf, or out of partners' shelves."""

    side = forms.ChoiceField(label=_("Keep"), choices=list(SIDES.items()))
    kind = forms.ChoiceField(label=_("What"), choices=list(KINDS.items()))
    value = forms.CharField(label=_("Which"), max_length=200)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, shop: Shop, partners: list[tuple[str, str]], **kwargs: Any) -> None:
        self.shop = shop
        super().__init__(*args, **kwargs)
        kind = self.data.get("kind") if self.is_bound else self.initial.get("kind", "brand")
        if kind == "product":  # sent by a product's own page
            self.fields["kind"].choices = [("product", _("A product"))]  # type: ignore[attr-defined]
            return
        choices = value_choices(shop, str(kind), partners)
        if choices is not None:
            empty: list[tuple[str, Any]] = [("", _("Choose…") if choices else _("Nothing to choose yet"))]
            self.fields["value"] = forms.ChoiceField(label=_("Which"), choices=[*empty, *choices])
        elif str(kind).startswith("price"):
            self.fields["value"].label = _("Price in %(currency)s") % {"currency": shop.currency}
            self.fields["value"].widget.attrs |= {"inputmode": "decimal", "placeholder": "99.00"}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if str(data.get("kind", "")).startswith("price") and data.get("value"):
            try:
                data["value"] = str(parse_minor(data["value"].replace(",", "."), self.shop.currency))
            except SkuuError as error:
                self.add_error("value", error.message)
        if data.get("kind") == "product":
            own = Product.objects.for_shop(self.shop).filter(pk=data["value"] if data["value"].isdecimal() else 0)
            if not own.exists():
                self.add_error("value", _("There is no such product."))
        return data


class PolicyForm(PortalForm):
    """How a shop takes part: as the one that sells from its shelf, and as the one that ships."""

    gap_threshold = forms.IntegerField(
        label=_("A size is sold out at or below"),
        min_value=0,
        max_value=1000,
        help_text=_("Own units; 0 is usual."),
    )
    placing = forms.ChoiceField(
        label=_("Which sizes"), choices=[("gaps", _("Only those gaps")), ("deepen", _("Every size partners have"))]
    )
    placement_cap = forms.IntegerField(label=_("Show at most, per size"), min_value=0, max_value=1000)
    max_distance_km = forms.IntegerField(
        label=_("Partners within (km)"),
        min_value=1,
        max_value=20000,
        required=False,
        help_text=_("Empty: any distance."),
    )
    promise_days = forms.IntegerField(label=_("Delivery promise (working days)"), min_value=1, max_value=30)
    shares_stock = forms.BooleanField(label=_("Offer own stock to partners"), required=False)
    buffer = forms.IntegerField(label=_("Keep back, per size"), min_value=0, max_value=1000)
    price_floor = forms.DecimalField(
        label=_("Sell below my price by at most (%)"), min_value=0, max_value=100, decimal_places=2
    )
    accept_mode = forms.ChoiceField(
        label=_("Orders to ship"),
        choices=[("automatic", _("Arrive in my shop at once")), ("ask", _("Ask me first"))],
    )

    ORIGIN = ("gap_threshold", "placing", "placement_cap", "max_distance_km", "promise_days")
    SHIPPER = ("shares_stock", "buffer", "price_floor", "accept_mode")

    @classmethod
    def of(cls, shop: Shop) -> "PolicyForm":
        """Fill the form with what stands now."""
        now = {name: getattr(shop, name) for name in (*cls.ORIGIN, *cls.SHIPPER) if name != "price_floor"}
        return cls(initial=now | {"price_floor": f"{shop.price_floor_bp / 100:g}"})

    def as_origin(self) -> list[Any]:
        """The fields about my shelf."""
        return [self[name] for name in self.ORIGIN]

    def as_shipper(self) -> list[Any]:
        """The fields about my stock."""
        return [self[name] for name in self.SHIPPER]

    def changes(self) -> dict[str, Any]:
        """The policy columns as they shall stand; the price floor in basis points."""
        data = dict(self.cleaned_data)
        data["price_floor_bp"] = int(data.pop("price_floor") * 100)
        return data


def say_value(rule: Rule, names: dict[str, str]) -> str:
    """Name what a rule excludes the way its merchant knows it."""
    if rule.kind in ("price_above", "price_below"):
        return f"{major(int(rule.value), rule.shop.currency)} {rule.shop.currency}"
    if rule.kind == "country":
        return str(Locale.parse(get_language() or "en", sep="-").territories.get(rule.value, rule.value))
    return names.get(f"{rule.kind}:{rule.value}", rule.value)
