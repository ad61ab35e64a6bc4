"""What a connector must do, in the network's words; platforms translate to and from these values and know no model of ours.

All ids are the platform's own, as text. Times are aware UTC datetimes. Amounts are minor units of the shop's currency.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from network.connectors.returned import RemoteReturn
from network.connectors.round import Round
from skuu.kit.errors import SkuuError

CONNECTORS = {
    "shopify": "network.connectors.shopify.connector.ShopifyConnector",
    "api": "network.connectors.api.connector.ApiConnector",
}


class ConnectorError(SkuuError):
    """A platform did not do what was asked; ``retryable`` says whether the same call may succeed later.

    ``unknown_outcome`` says that a write may have happened: look before writing again.
    """

    status = 502
    code = "connector_error"

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        code: str | None = None,
        unknown_outcome: bool = False,
        retry_after: float = 0.0,
        **extra: Any,
    ) -> None:
        super().__init__(message, code=code, **extra)
        self.retryable, self.unknown_outcome, self.retry_after = retryable, unknown_outcome, retry_after


class AccessLost(ConnectorError):
    """The store no longer accepts our token or scope; only its owner can mend that by installing again."""

    code = "access_lost"

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message, retryable=False, **extra)


@dataclass(frozen=True)
class RemoteShop:
    """The store itself."""

    name: str
    domain: str
    country: str
    currency: str
    address1: str = ""
    postcode: str = ""
    city: str = ""
    taxes_included: bool = True
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemoteLocation:
    """A location as the platform lists it; ``is_service`` marks shelves and other fulfilment services."""

    id: str
    name: str
    is_service: bool
    is_active: bool = True
    country: str = ""
    postcode: str = ""
    city: str = ""
    address1: str = ""


@dataclass(frozen=True)
class RemoteShelf:
    """The fulfilment service that is our shelf, and its location."""

    service_id: str
    location_id: str


@dataclass(frozen=True)
class RemoteVariant:
    """One variant as the shop has it now."""

    id: str
    inventory_item_id: str
    title: str
    options: tuple[tuple[str, str], ...]
    sku: str
    barcode: str
    price_minor: int
    compare_at_minor: int | None
    position: int
    sells_without_stock: bool
    taxable: bool
    tracked: bool
    requires_shipping: bool
    grams: int
    hs_code: str
    origin_country: str
    updated_at: dt.datetime | None
    article_code: str = ""


@dataclass(frozen=True)
class RemoteProduct:
    """One product with all its variants (``complete``) or without saying which are gone (not complete)."""

    id: str
    title: str
    handle: str
    vendor: str
    product_type: str
    tags: tuple[str, ...]
    status: str  # active, draft, archived
    image_url: str
    option_names: tuple[str, ...]
    updated_at: dt.datetime | None
    variants: tuple[RemoteVariant, ...] = ()
    complete: bool = True
    problem: str = ""  # what of it could not be read as it came, for people


@dataclass(frozen=True)
class RemoteLevel:
    """Units of an inventory item at a location; ``read_at`` is when the read that brought it began (our clock)."""

    id: str
    inventory_item_id: str
    location_id: str
    available: int
    is_active: bool
    updated_at: dt.datetime | None
    read_at: dt.datetime


@dataclass(frozen=True)
class ReadJob:
    """A large read under way at the platform."""

    id: str
    status: str  # running, done, failed
    url: str = ""
    error: str = ""
    started_at: dt.datetime | None = None  # the platform's clock; what the read brings is as old as this


@dataclass(frozen=True)
class ShelfWrite:
    """Set the shelf of one item to ``quantity``, provided it still shows ``expected`` (None: whatever it shows)."""

    inventory_item_id: str
    quantity: int
    expected: int | None


@dataclass(frozen=True)
class RemoteAddress:
    """Where a parcel goes; what a label needs and nothing more."""

    name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    zip: str = ""
    province: str = ""
    country: str = ""


@dataclass(frozen=True)
class RemoteOrderLine:
    """One line of an order; units and price as sold, before order discounts, tax as ``taxes_included`` says."""

    id: str
    variant_id: str
    title: str
    sku: str
    quantity: int  # current quantity, after edits
    unit_price_minor: int
    requires_shipping: bool = True


@dataclass(frozen=True)
class RemoteFulfilmentLine:
    """Units of an order line that one fulfilment order answers for."""

    id: str
    line_id: str
    remaining: int
    total: int


@dataclass(frozen=True)
class RemoteFulfilmentOrder:
    """Which location must ship which units."""

    id: str
    status: str  # OPEN, IN_PROGRESS, CLOSED, CANCELLED, ON_HOLD, INCOMPLETE, SCHEDULED
    request_status: str
    location_id: str
    at_service: bool
    lines: tuple[RemoteFulfilmentLine, ...] = ()


@dataclass(frozen=True)
class RemoteOrder:
    """An order as it stands at the shop."""

    id: str
    name: str
    currency: str
    taxes_included: bool
    financial_status: str
    fully_paid: bool
    test: bool
    created_at: dt.datetime
    updated_at: dt.datetime | None
    cancelled_at: dt.datetime | None
    source_identifier: str
    tags: tuple[str, ...]
    high_risk: bool
    on_hold: bool
    locale: str = ""  # the language the customer bought in: de, fr-BE
    refunded_minor: int | None = (
        None  # what the shop gave its customer back so far, tax included; None: it does not say
    )
    lines: tuple[RemoteOrderLine, ...] = ()
    fulfilment_orders: tuple[RemoteFulfilmentOrder, ...] = ()


@dataclass(frozen=True)
class InternalOrderRequest:
    """The order the network places at a shipper: real name and street, no e-mail, no phone, no customer, price 0, paid."""

    identifier: str
    lines: tuple[tuple[str, int], ...]  # (variant id, units)
    address: RemoteAddress
    currency: str
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedOrder:
    """What came of placing: the order and its lines at the shipper; ``lines`` is ((variant id, remote line id), …)."""

    id: str
    name: str
    lines: tuple[tuple[str, str], ...] = ()
    cancelled: bool = False
    fulfilment_orders: tuple[RemoteFulfilmentOrder, ...] = ()


# What a carrier may say of a parcel, in the words all platforms are translated to.
EVENTS = (
    "LABEL_PURCHASED", "LABEL_PRINTED", "READY_FOR_PICKUP", "CONFIRMED", "CARRIER_PICKED_UP", "IN_TRANSIT", "DELAYED",
    "OUT_FOR_DELIVERY", "ATTEMPTED_DELIVERY", "DELIVERED", "FAILURE",
)  # fmt: skip


@dataclass(frozen=True)
class RemoteFulfilment:
    """A parcel as the shipper's platform has it."""

    id: str
    order_id: str
    status: str  # SUCCESS, CANCELLED, …
    carrier: str
    tracking_number: str
    tracking_url: str
    created_at: dt.datetime | None
    updated_at: dt.datetime | None
    delivered_at: dt.datetime | None = None
    lines: tuple[tuple[str, int], ...] = ()  # (remote order line id, units)
    events: tuple[tuple[str, dt.datetime, str], ...] = ()  # (status, at, message)


class OutOfStock(ConnectorError):
    """The shipper's store has no unit left to give to the order."""

    code = "out_of_stock"

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message, retryable=False, **extra)


class StaleFigure(ConnectorError):
    """The shelf no longer shows what we believed; ``items`` are the inventory item ids concerned."""

    code = "stale_figure"

    def __init__(self, message: str, items: Sequence[str] = ()) -> None:
        super().__init__(message, retryable=True)
        self.items = tuple(items)


class Connector(Protocol):
    """One shop's platform; made per job by ``connector_for`` and thrown away after it. Every call may raise ConnectorError."""

    can_push_shelf: bool  # False: the shop reads its shelf and its orders from our API instead

    # connect
    def read_shop(self) -> RemoteShop: ...
    def list_locations(self) -> list[RemoteLocation]: ...
    def find_shelf(self) -> RemoteShelf | None: ...
    def create_shelf(self) -> RemoteShelf: ...
    def check_store(self, shelf: RemoteShelf) -> list[dict[str, Any]]: ...  # checklist rows: key, ok, title, fix
    def subscribe(self, address: str) -> None: ...  # make the wanted subscriptions true; again: no change

    # sync
    def start_reads(self) -> tuple[str, str]: ...  # ids of the products and the levels job
    def poll_read(self, job_id: str) -> ReadJob: ...
    def stream_products(self, job: ReadJob) -> Iterator[RemoteProduct]: ...
    def stream_levels(self, job: ReadJob) -> Iterator[RemoteLevel]: ...
    def products_since(self, since: dt.datetime) -> Iterator[RemoteProduct]: ...
    def read_products(self, product_ids: Sequence[str]) -> list[RemoteProduct]: ...
    def levels_since(self, location_id: str, since: dt.datetime) -> Iterator[RemoteLevel]: ...
    def read_levels(
        self, inventory_item_ids: Sequence[str]
    ) -> list[RemoteLevel]: ...  # every real location and the shelf, batched

    # distribute
    def activate_on_shelf(self, shelf: RemoteShelf, inventory_item_id: str, quantity: int, key: str) -> None: ...
    def write_shelf(
        self, shelf: RemoteShelf, writes: Sequence[ShelfWrite], key: str
    ) -> None: ...  # all or none; StaleFigure
    @classmethod
    def open_round(
        cls, asked: Mapping[int, Mapping[str, int]], shops: Mapping[int, Any]
    ) -> Round: ...  # so many calls of each kind (write, activate, read) to each shop, made by threads

    # route and fulfil
    def orders_since(self, since: dt.datetime) -> Iterator[str]: ...  # ids of orders changed since
    def orders_of(self, fulfilment_order_ids: Sequence[str]) -> dict[str, str]: ...  # fulfilment order to its order
    def read_order(self, order_id: str) -> RemoteOrder | None: ...
    def read_destination(self, fulfilment_order_id: str) -> RemoteAddress: ...
    def read_contact(self, order_id: str) -> str: ...  # the customer's e-mail, for one relayed mail; never kept
    def returns_of(self, order_id: str) -> list[RemoteReturn]: ...  # every return of an order, whatever became of it
    def orders_of_returns(self, return_ids: Sequence[str]) -> dict[str, str]: ...  # return to its order
    def accept_request(self, fulfilment_order_id: str) -> None: ...  # submit if needed, accept; again: no change
    def hand_back(
        self, fulfilment_order_id: str, reason: str, *, order_id: str
    ) -> None: ...  # reject or close, tag the order
    def move_to_own(
        self, fulfilment_order_id: str, location_id: str
    ) -> bool: ...  # back to a real location of the origin
    def find_internal_order(self, identifier: str) -> PlacedOrder | None: ...
    def place_internal_order(self, request: InternalOrderRequest) -> PlacedOrder: ...  # OutOfStock, unknown_outcome
    def read_internal_order(self, order_id: str) -> PlacedOrder: ...  # with fulfilment orders
    def cancel_internal_order(self, order_id: str, note: str) -> None: ...  # again: no change
    def ship_internal_order(
        self, order_id: str, carrier: str, number: str, url: str, lines: Sequence[tuple[str, int]]
    ) -> RemoteFulfilment: ...  # shipped from portal or API
    def fulfilments_of(self, order_id: str) -> list[RemoteFulfilment]: ...
    def mirror_fulfilment(self, lines: Sequence[tuple[str, str, int]], carrier: str, number: str, url: str) -> str: ...
    # lines are (fulfilment order id, fulfilment order line id, units); returns the fulfilment's id; notifies the customer
    def update_tracking(self, fulfilment_id: str, carrier: str, number: str, url: str) -> None: ...
    def tell_event(self, fulfilment_id: str, status: str, at: dt.datetime, message: str) -> None: ...  # look before it
    def cancel_fulfilment(self, order_id: str, fulfilment_id: str) -> None: ...  # again: no change
    def restock(
        self, inventory_item_id: str, location_id: str, units: int, key: str
    ) -> None: ...  # goods that came back; once by key


@dataclass
class Registry:
    """Connector classes by platform, imported when first asked for."""

    loaded: dict[str, Any] = field(default_factory=dict)

    def get(self, platform: str) -> Any:
        if platform not in self.loaded:
            module, _, name = CONNECTORS[platform].rpartition(".")
            self.loaded[platform] = getattr(import_module(module), name)
        return self.loaded[platform]


_registry = Registry()


def connector_class(platform: str) -> type[Connector]:
    """Return the connectors' class of a platform, for what is asked of many shops at once."""
    found: type[Connector] = _registry.get(platform)
    return found


def connector_for(shop: Any) -> Connector:
    """Make the connector of a shop; it speaks only to that shop and is used by one job."""
    connector: Connector = _registry.get(shop.platform)(shop)
    return connector
