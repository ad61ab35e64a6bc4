"""Shops that push by REST: they tell us their products and stock, and read their shelf and orders from our API."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from network.connectors.base import (
    InternalOrderRequest,
    PlacedOrder,
    ReadJob,
    RemoteAddress,
    RemoteFulfilment,
    RemoteLevel,
    RemoteLocation,
    RemoteOrder,
    RemoteProduct,
    RemoteShelf,
    RemoteShop,
    ShelfWrite,
)
from network.connectors.returned import RemoteReturn
from network.connectors.round import Round


class ApiConnector:
    """Nothing leaves us: what would be written at a platform is a row that the shop reads from our API."""

    can_push_shelf = False

    def __init__(self, shop: Any) -> None:
        self.shop = shop

    # connect
    def read_shop(self) -> RemoteShop:
        """Say what the shop told us of itself."""
        one = self.shop
        return RemoteShop(
            name=one.name,
            domain=one.domain,
            country=one.country,
            currency=one.currency,
            address1=one.address1,
            postcode=one.postcode,
            city=one.city,
            taxes_included=one.taxes_included,
        )

    def list_locations(self) -> list[RemoteLocation]:
        """None: the shop pushes its locations with its stock."""
        return []

    def find_shelf(self) -> RemoteShelf | None:
        """Its shelf is what our API shows it."""
        return RemoteShelf(service_id="", location_id="")

    def create_shelf(self) -> RemoteShelf:
        """Nothing to open."""
        return RemoteShelf(service_id="", location_id="")

    def check_store(self, shelf: RemoteShelf) -> list[dict[str, Any]]:
        """Nothing stands in the way."""
        return []

    def subscribe(self, address: str) -> None:
        """The shop pushes by itself."""

    # sync
    def start_reads(self) -> tuple[str, str]:
        """Nothing to read."""
        return "", ""

    def poll_read(self, job_id: str) -> ReadJob:
        """A read of nothing is done at once."""
        return ReadJob(id=job_id, status="done")

    def stream_products(self, job: ReadJob) -> Iterator[RemoteProduct]:
        """None."""
        return iter(())

    def stream_levels(self, job: ReadJob) -> Iterator[RemoteLevel]:
        """None."""
        return iter(())

    def products_since(self, since: dt.datetime) -> Iterator[RemoteProduct]:
        """None."""
        return iter(())

    def read_products(self, product_ids: Sequence[str]) -> list[RemoteProduct]:
        """None."""
        return []

    def levels_since(self, location_id: str, since: dt.datetime) -> Iterator[RemoteLevel]:
        """None."""
        return iter(())

    def read_levels(self, inventory_item_ids: Sequence[str]) -> list[RemoteLevel]:
        """None."""
        return []

    # distribute
    def activate_on_shelf(self, shelf: RemoteShelf, inventory_item_id: str, quantity: int, key: str) -> None:
        """The shop reads its shelf from our API."""

    def write_shelf(self, shelf: RemoteShelf, writes: Sequence[ShelfWrite], key: str) -> None:
        """The shop reads its shelf from our API."""

    @classmethod
    def open_round(cls, asked: Mapping[int, Mapping[str, int]], shops: Mapping[int, Any]) -> Round:
        """Nobody is asked anything."""
        return Round(ready={shop_id: cls(shops[shop_id]) for shop_id in asked})

    # route and fulfil
    def orders_since(self, since: dt.datetime) -> Iterator[str]:
        """None: the shop pushes its orders."""
        return iter(())

    def orders_of(self, fulfilment_order_ids: Sequence[str]) -> dict[str, str]:
        """None."""
        return {}

    def read_order(self, order_id: str) -> RemoteOrder | None:
        """None: what the shop pushed is the truth."""
        return None

    def read_destination(self, fulfilment_order_id: str) -> RemoteAddress:
        """Empty: the address came with the order."""
        return RemoteAddress()

    def read_contact(self, order_id: str) -> str:
        """Empty: the shop tells us no contact, its people get the mail."""
        return ""

    def returns_of(self, order_id: str) -> list[RemoteReturn]:
        """None: the shop announces its returns through our API."""
        return []

    def orders_of_returns(self, return_ids: Sequence[str]) -> dict[str, str]:
        """None."""
        return {}

    def accept_request(self, fulfilment_order_id: str) -> None:
        """The shop reads the state of its lines from our API."""

    def hand_back(self, fulfilment_order_id: str, reason: str, *, order_id: str) -> None:
        """The shop reads the state of its lines from our API."""

    def move_to_own(self, fulfilment_order_id: str, location_id: str) -> bool:
        """A line stays where the shop put it."""
        return False

    def find_internal_order(self, identifier: str) -> PlacedOrder | None:
        """The internal order is our own row: it is there as soon as it is looked for."""
        return PlacedOrder(id="", name=identifier)

    def place_internal_order(self, request: InternalOrderRequest) -> PlacedOrder:
        """The internal order is our own row, which the shop reads from our API."""
        return PlacedOrder(id="", name=request.identifier)

    def read_internal_order(self, order_id: str) -> PlacedOrder:
        """Nothing to read back."""
        return PlacedOrder(id=order_id, name="")

    def cancel_internal_order(self, order_id: str, note: str) -> None:
        """The shop reads from our API that it is cancelled."""

    def ship_internal_order(
        self, order_id: str, carrier: str, number: str, url: str, lines: Sequence[tuple[str, int]]
    ) -> RemoteFulfilment:
        """Say back what was shipped: the parcel is our own row."""
        return RemoteFulfilment(
            id="",
            order_id=order_id,
            status="SUCCESS",
            carrier=carrier,
            tracking_number=number,
            tracking_url=url,
            created_at=None,
            updated_at=None,
            lines=tuple(lines),
        )

    def fulfilments_of(self, order_id: str) -> list[RemoteFulfilment]:
        """None: parcels are pushed to us."""
        return []

    def mirror_fulfilment(self, lines: Sequence[tuple[str, str, int]], carrier: str, number: str, url: str) -> str:
        """The shop reads the parcel from our API and tells its customer."""
        return ""

    def update_tracking(self, fulfilment_id: str, carrier: str, number: str, url: str) -> None:
        """The shop reads the tracking from our API."""

    def tell_event(self, fulfilment_id: str, status: str, at: dt.datetime, message: str) -> None:
        """The shop reads from our API what became of the parcel."""

    def cancel_fulfilment(self, order_id: str, fulfilment_id: str) -> None:
        """The shop reads from our API that the parcel was taken back."""

    def restock(self, inventory_item_id: str, location_id: str, units: int, key: str) -> None:
        """The shop counts what came back itself and tells us its figure."""
