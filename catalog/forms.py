"""Forms of the rules page: a rule with any of its conditions, and the policy by which a shop takes part."""

from collections.abc import Sequence
from typing import Any

from babel import Locale
from django import forms
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, Rule, Variant
from catalog.rules import Draft
from network.forms import PortalForm
from network.give_away import LATEST, SOONEST, usual_limit
from network.models import Shop
from skuu.kit.errors import SkuuError
from skuu.kit.money import major, parse_minor

EFFECTS = {
    "exclude": _("Keep off the shelf"),
    "only": _("Let in only"),
    "cap": _("Show at most … units"),
    "floor": _("Price floor: at most … % below my price"),
    "buffer": _("Keep back … units"),
}
SIDES = {"origin": _("my shelf"), "shipper": _("partners’ shelves (my stock)"), "both": _("both")}
AMOUNTS = {
    "floor": _("Percent below my price"),
    "cap": _("Units per size"),
    "buffer": _("Units per size and place"),
}
EUROPE = "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK".split()
MOST_CHOICES = 500
Choices = Sequence[tuple[str, Any]]


def brand_choices(shop: Shop) -> Choices:
    """List the brands a shop carries, by the key that rules compare."""
    rows = Variant.objects.for_shop(shop).filter(deleted_at=None)
    named = rows.order_by("product__vendor").values_list("brand_key", "product__vendor").distinct()
    found = {(key or vendor).lower(): vendor or key for key, vendor in named[: MOST_CHOICES * 4] if key or vendor}
    return sorted(found.items(), key=lambda pair: pair[1].casefold())[:MOST_CHOICES]


def category_choices(shop: Shop) -> Choices:
    """List the product types a shop uses."""
    products = Product.objects.for_shop(shop).filter(deleted_at=None).exclude(product_type="")
    found = products.order_by("product_type").values_list("product_type", flat=True).distinct()[:MOST_CHOICES]
    return list({name.lower(): name for name in found}.items())


def country_choices() -> Choices:
    """List Europe's countries by name."""
    names = Locale.parse(get_language() or "en", sep="-").territories
    return sorted(((code, str(names.get(code, code))) for code in EUROPE), key=lambda pair: pair[1])


class RuleForm(PortalForm):
    """What a rule does, to which goods, with whom and when."""

    effect = forms.ChoiceField(label=_("What it does"), choices=list(EFFECTS.items()))
    side = forms.ChoiceField(label=_("Where"), choices=list(SIDES.items()), required=False)
    amount = forms.DecimalField(label=_("How much"), min_value=0, max_value=100_000, decimal_places=2, required=False)
    brand = forms.CharField(label=_("Brand"), required=False)
    category = forms.CharField(label=_("Category"), required=False)
    tag = forms.CharField(label=_("Tag"), max_length=200, required=False)
    partner = forms.CharField(label=_("Partner"), required=False)
    country = forms.CharField(label=_("Partner’s country"), required=False)
    price_from = forms.CharField(label=_("Price from"), max_length=20, required=False)
    price_to = forms.CharField(label=_("Price up to"), max_length=20, required=False)
    starts_on = forms.DateField(label=_("First day"), required=False, widget=forms.DateInput({"type": "date"}))
    ends_on = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput({"type": "date"}))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    product = forms.CharField(required=False, widget=forms.HiddenInput)

    GOODS = ("brand", "category", "tag", "price_from", "price_to")
    OTHERS = ("partner", "country", "starts_on", "ends_on", "note")

    def __init__(self, *args: Any, shop: Shop, partners: list[tuple[str, str]], **kwargs: Any) -> None:
        self.shop = shop
        super().__init__(*args, **kwargs)
        effect = str(self.data.get("effect") if self.is_bound else self.initial.get("effect") or "exclude")
        if effect in AMOUNTS:
            self.fields["amount"].label = AMOUNTS[effect]
        else:
            del self.fields["amount"]
        if effect in ("floor", "buffer"):
            del self.fields["side"]
        chosen = {
            "brand": brand_choices(shop),
            "category": category_choices(shop),
            "partner": partners,
            "country": country_choices(),
        }
        for name, choices in chosen.items():
            label = self.fields[name].label
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[("", _("any")), *choices])
        # another effect has other fields; whatever else changes leaves what is being typed alone
        self.fields["effect"].widget.attrs |= {
            "hx-get": reverse("portal:rule_fields"),
            "hx-include": "closest form",
            "hx-target": "#rule-fields",
            "hx-select": "unset",
            "hx-sync": "this:replace",
            "hx-swap": "innerHTML",
        }
        for name in ("price_from", "price_to"):
            self.fields[name].widget.attrs |= {"inputmode": "decimal", "placeholder": f"99.00 {shop.currency}"}

    @classmethod
    def of(cls, rule: Rule, **about: Any) -> "RuleForm":
        """Fill the form with what a rule says."""
        names = ("effect", "side", "brand", "category", "tag", "country", "starts_on", "ends_on", "note")
        now: dict[str, Any] = {name: getattr(rule, name) for name in names}
        for name in ("price_from", "price_to"):
            price = getattr(rule, name)
            now[name] = "" if price is None else major(price, rule.shop.currency)
        now |= {"partner": rule.partner_id or "", "product": rule.product_id or ""}
        now["amount"] = rule.amount / 100 if rule.effect == "floor" and rule.amount is not None else rule.amount
        return cls(initial=now, **about)

    def _shown(self, *names: str) -> list[Any]:
        return [self[name] for name in names if name in self.fields]

    def about_effect(self) -> list[Any]:
        """The fields that say what the rule does."""
        return self._shown("effect", "side", "amount")

    def about_goods(self) -> list[Any]:
        """The fields that say to which goods."""
        return self._shown(*self.GOODS)

    def about_others(self) -> list[Any]:
        """The fields that say with whom and when."""
        return self._shown(*self.OTHERS)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("price_from", "price_to"):
            text = data.get(name)
            data[name] = None
            if text:
                try:
                    data[name] = parse_minor(text.replace(",", "."), self.shop.currency)
                except SkuuError as error:
                    self.add_error(name, error.message)
        for name in ("partner", "product"):
            value = str(data.get(name) or "")
            data[name] = int(value) if value.isdecimal() and len(value) < 19 else None
        return data

    def draft(self) -> Draft:
        """Read the form as a draft; a floor is given in percent and kept in basis points."""
        data = dict(self.cleaned_data)
        amount = data.pop("amount", None)
        if amount is not None:
            amount = int(amount * 100) if data["effect"] == "floor" else int(amount)
        data |= {"product_id": data.pop("product"), "partner_id": data.pop("partner"), "amount": amount}
        data["side"] = data.get("side") or ("shipper" if data["effect"] in ("floor", "buffer") else "origin")
        return Draft(**data)


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
    give_away_days = forms.IntegerField(
        label=_("Late parcels go to another partner after (working days)"),
        min_value=SOONEST,
        max_value=LATEST,
        required=False,
        help_text=_("Counted from the day on which your partner was to hand it over. Empty: as the network does."),
    )
    shares_stock = forms.BooleanField(label=_("Offer own stock to partners"), required=False)
    buffer = forms.IntegerField(label=_("Keep back, per size"), min_value=0, max_value=1000)
    price_floor = forms.DecimalField(
        label=_("Sell below my price by at most (%)"), min_value=0, max_value=100, decimal_places=2
    )
    accept_mode = forms.ChoiceField(
        label=_("Orders to ship"),
        choices=[("automatic", _("Arrive in my shop at once")), ("ask", _("Ask me first"))],
    )

    ORIGIN = ("gap_threshold", "placing", "placement_cap", "max_distance_km", "promise_days", "give_away_days")
    SHIPPER = ("shares_stock", "buffer", "price_floor", "accept_mode")

    @classmethod
    def of(cls, shop: Shop) -> "PolicyForm":
        """Fill the form with what stands now."""
        now = {name: getattr(shop, name) for name in (*cls.ORIGIN, *cls.SHIPPER) if name != "price_floor"}
        form = cls(initial=now | {"price_floor": f"{shop.price_floor_bp / 100:g}"})
        form.fields["give_away_days"].widget.attrs["placeholder"] = str(usual_limit())
        return form

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
