"""Which cards a bulk decision takes: those that fit a pattern, and of the others why they need eyes; changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import ReviewCard, Variant
from catalog.sight import Option, Sight
from catalog.weighing import DIFFERS, SAME
from skuu.kit.errors import NotPossible

UNLIKELY = 60  # percent: what is likelier is rejected in bulk only where a named fact differs
DIFFERENCES = {
    "colour": gettext_lazy("the colours differ"),
    "brand": gettext_lazy("the brands differ"),
    "code": gettext_lazy("the article codes differ"),
    "gender": gettext_lazy("made for different people"),
    "price": gettext_lazy("the prices are far apart"),
    "barcode": gettext_lazy("a size carries two different barcodes"),
}


class PatternTooWide(NotPossible):
    """A pattern names an evidence class and at least a brand or both shops; one that rejects also says why."""

    code = "pattern_too_wide"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which cards: class of evidence, brand and/or both shops.

    To approve: what must agree, and the least score in percent. To reject: the fact on which every candidate must differ
    (one of DIFFERENCES, or none), and the most any of them may score.
    """

    evidence_class: str
    brand: str = ""
    shop: int | None = None
    other_shop: int | None = None
    code_equal: bool = False
    colour_equal: bool = True
    least_percent: int = 90
    rejects: bool = False
    differs: str = ""
    most_percent: int = 40


def refuse_wide(pattern: Pattern) -> None:
    """Refuse a pattern that would take in cards nobody thought of. Raises PatternTooWide."""
    if not pattern.evidence_class or not (pattern.brand or (pattern.shop and pattern.other_shop)):
        raise PatternTooWide(_("Name a class of evidence, and a brand or both shops."))
    if pattern.rejects and pattern.differs not in DIFFERENCES and pattern.most_percent > UNLIKELY:
        raise PatternTooWide(_("Name a fact that differs, or a score of at most %(most)d %%.") % {"most": UNLIKELY})


def cards_of(pattern: Pattern) -> QuerySet[ReviewCard]:
    """Select the open questions of a pattern's wide part, most money first."""
    rows = ReviewCard.everyone.filter(status="open", kind="question", evidence_class=pattern.evidence_class)
    if pattern.brand:
        rows = rows.filter(Exists(Variant.everyone.filter(product=OuterRef("product"), brand_key=pattern.brand)))
    if pattern.shop:
        rows = rows.filter(product__shop=pattern.shop)
    return rows.select_related("product").order_by("-money_minor", "pk")


def fitting(sight: Sight, pattern: Pattern, by: str) -> tuple[Sequence[Option], str]:
    """Name the candidates that a decision would speak of: the one it links, or all it rejects; none, and why it needs eyes."""
    card = sight.card
    if card.taken_by not in ("", by) and card.taken_until and card.taken_until > timezone.now():
        return (), _("somebody looks at it now")
    return _to_reject(sight, pattern) if pattern.rejects else _to_approve(sight, pattern)


def sizes_of(pattern: Pattern, options: Sequence[Option]) -> int:
    """Count the pairs of sizes that a decision on these candidates links, or keeps apart."""
    return sum(len(option.rows) if pattern.rejects else option.linkable for option in options)


def _to_approve(sight: Sight, pattern: Pattern) -> tuple[Sequence[Option], str]:
    likely = [option for option in sight.options if option.percent >= pattern.least_percent]
    if not likely:
        return (), _("less likely than the pattern wants")
    if len(likely) > 1:
        return (), _("several candidates are as likely")
    (option,) = likely
    if pattern.other_shop and option.theirs.product.shop_id != pattern.other_shop:
        return (), _("the candidate is another shop’s")
    return ((), why) if (why := _contradiction(option, pattern)) else (likely, "")


def _contradiction(option: Option, pattern: Pattern) -> str:
    verdicts = {fact.key: fact.verdict for fact in option.facts}
    for key in ("brand", "gender", "price"):
        if verdicts[key] == DIFFERS:
            return str(DIFFERENCES[key])
    if verdicts["code"] == DIFFERS or (pattern.code_equal and verdicts["code"] != SAME):
        return _("the article codes do not agree")
    if verdicts["colour"] == DIFFERS or (pattern.colour_equal and verdicts["colour"] != SAME):
        return _("the colours do not agree")
    if _barcodes(option) == "differ":
        return str(DIFFERENCES["barcode"])
    return "" if option.linkable else _("no size can be linked")


def _to_reject(sight: Sight, pattern: Pattern) -> tuple[Sequence[Option], str]:
    options = sight.options
    if not options:
        return (), _("its products are gone")
    if pattern.other_shop and any(option.theirs.product.shop_id != pattern.other_shop for option in options):
        return (), _("a candidate is another shop’s")
    if any(option.percent > pattern.most_percent for option in options):
        return (), _("likelier than the pattern wants")
    if any(row.barcodes == "same" for option in options for row in option.rows):
        return (), _("a size carries the same barcode")
    if pattern.differs and not all(_differs(option, pattern.differs) for option in options):
        return (), _("not every candidate differs in that")
    return options, ""


def _differs(option: Option, key: str) -> bool:
    if key == "barcode":
        return _barcodes(option) == "differ"
    return any(fact.key == key and fact.verdict == DIFFERS for fact in option.facts)


def _barcodes(option: Option) -> str:
    return "differ" if any(row.barcodes == "differ" for row in option.rows) else ""
