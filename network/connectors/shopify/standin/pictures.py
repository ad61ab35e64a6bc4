"""Product pictures, drawn when somebody looks at them."""

from typing import TYPE_CHECKING

from network.connectors.shopify.standin.identifiers import gid

if TYPE_CHECKING:
    from network.connectors.shopify.standin.answering import Response
    from network.connectors.shopify.standin.core import StandIn


def picture(standin: "StandIn", path: str) -> "Response":
    """Draw the product of /__pictures/{store}/{number}.svg."""
    from network.connectors.shopify.standin.drawing import draw

    domain, _, name = path.removeprefix("/__pictures/").partition("/")
    store = standin.stores.get(domain)
    product = store.get(gid("Product", name.removesuffix(".svg"))) if store else None
    if product is None:
        return 404, {"content-type": "text/plain"}, b"no such picture"
    body = draw(product["shape"] or "shirt", product["colourHex"] or "#9aa5b1", product["title"])
    return 200, {"content-type": "image/svg+xml", "cache-control": "public, max-age=3600"}, body
