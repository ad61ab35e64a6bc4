"""Learns from a whole network which vendors are shops' own names and which brands titles and codes name; reads variants by it.

A brand is named when a variant is read, so that everybody finds it under its true brand. What is learnt does not depend on
what was learnt before: it is drawn from vendors and titles as shops write them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from catalog.matching.aliasing import Names
from catalog.matching.brand import brand_of_vendor, brand_said, is_known
from catalog.matching.folding import words
from catalog.matching.normalising import Id, Normalised, VariantIn, normalise

FEWEST_PRODUCTS, FEWEST_TITLES = 3, 5
TELLING_CODE = 7
LONGEST_BRAND = 4


def read_variant(
    variant: VariantIn,
    names: Names,
    *,
    brand_aliases: Mapping[str, str] | None = None,
    colour_aliases: Mapping[str, tuple[str, ...]] | None = None,
) -> Normalised:
    """Normalise a variant, its brand by all that the network knows: a vendor that is the shop's own name says nothing.

    Only a variant that names no brand itself gets one from its title's words, or else from its code.
    """
    if (variant.shop_id, variant.vendor) in names.shops:
        variant = replace(variant, shop_names=(*variant.shop_names, variant.vendor))
    facts = normalise(variant, brand_aliases=brand_aliases, colour_aliases=colour_aliases)
    if facts.brand or not (brand := names.brand_in(facts.tokens) or names.brand_of_code(facts.code, facts.tokens)):
        return facts
    return normalise(replace(variant, vendor=brand), brand_aliases=brand_aliases, colour_aliases=colour_aliases)


# --- learning ---------------------------------------------------------------------------------------------------------
class Page(NamedTuple):
    """A shop's product as far as names go."""

    id: Id
    shop: Id
    vendor: str
    title: str


@dataclass(slots=True)
class Lesson:
    """What the pages of a network say of names, page by page; the same whatever their order."""

    shops: dict[str, set[Id]] = field(default_factory=lambda: defaultdict(set))  # brand → who names it as vendor
    products: Counter[str] = field(default_factory=Counter)
    vendors: dict[str, set[tuple[Id, str]]] = field(default_factory=lambda: defaultdict(set))
    titled: Counter[str] = field(default_factory=Counter)  # pages whose titles name another brand that everybody knows
    words: Counter[str] = field(default_factory=Counter)  # pages of other brands whose titles have the word

    def hear(self, page: Page) -> None:
        """Take a page in."""
        brand, title = brand_of_vendor(page.vendor), set(words(page.title))
        if brand:
            self.shops[brand].add(page.shop)
            self.products[brand] += 1
            self.vendors[brand].add((page.shop, page.vendor))
            if not is_known(brand) and brand_said(page.vendor, (page.vendor,), words(page.title)):
                self.titled[brand] += 1
        self.words.update(title.difference(brand.split()))

    def lone(self) -> Iterator[tuple[str, set[tuple[Id, str]]]]:
        """Brands that one shop alone names, on several products, with the vendors that say them; a house's own is none."""
        for brand, shops in self.shops.items():
            if len(shops) == 1 and self.products[brand] >= FEWEST_PRODUCTS:
                own = {(shop, vendor) for shop, vendor in self.vendors[brand] if not brand_of_vendor(vendor, (vendor,))}
                if own:
                    yield brand, own

    def names_of_shops(self, partners: Mapping[str, Iterable[tuple[Id, str]]]) -> set[tuple[Id, str]]:
        """Say which lone brands are names of shops.

        Their barcodes stand on others' products (`partners`: by brand, pages with the vendors they share a barcode
        with), of several makers where the name is a packaged brand's too; or most of their titles name other brands.
        """
        found: set[tuple[Id, str]] = set()
        for brand, own in self.lone():
            near: dict[Id, set[str]] = defaultdict(set)
            for page, vendor in partners.get(brand, ()):
                if (other := brand_of_vendor(vendor)) and other != brand:
                    near[page].add(other)
            telling = [others for others in near.values() if any(len(self.shops[o]) > 1 or is_known(o) for o in others)]
            makers = set[str]().union(*telling)
            told = self.titled[brand] >= FEWEST_TITLES and 2 * self.titled[brand] >= self.products[brand]
            if told or len(telling) >= FEWEST_PRODUCTS and (len(makers) > 1 or not is_known(brand)):
                found |= own
        return found

    def brands_in_titles(self) -> set[str]:
        """The brands that several shops name as vendor and whose words are no ordinary words of others' titles."""
        return {
            brand
            for brand, shops in self.shops.items()
            if len(shops) > 1
            and len(brand.split()) <= LONGEST_BRAND
            and all(self.words[word] <= self.products[brand] for word in brand.split())
        }
