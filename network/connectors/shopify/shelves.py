"""Writing figures: an item is put on the shelf once, then its figure is compared and set; returned goods are added where they lie."""

from collections.abc import Sequence
from typing import Any

from network.connectors.base import ConnectorError, RemoteShelf, ShelfWrite, StaleFigure
from network.connectors.shopify.client import Client, UserErrors

WRITES_A_CALL = 250
REASON = "correction"
STALE = "CHANGE_FROM_QUANTITY_STALE"
TRY_ANEW = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


class Shelves:
    """The part of the Shopify connector that writes figures: the shelf's, and at a real place only what came back."""

    client: Client

    def activate_on_shelf(self, shelf: RemoteShelf, inventory_item_id: str, quantity: int, key: str) -> None:
        """Put an item on the shelf with a figure; a level that was never activated sells nothing.

        *Again*, with the same key: no change. Raises StaleFigure when the item stood there already with another figure.
        """
        asked = {"inventoryItemId": inventory_item_id, "locationId": shelf.location_id}
        try:
            made = self.client.write("ActivateOnShelf", "inventoryActivate", available=quantity, key=key, **asked)
            level: dict[str, Any] | None = made["inventoryLevel"]
        except UserErrors:
            level = ((self.client.ask("ShelfLevel", **asked)).get("inventoryItem") or {}).get("inventoryLevel")
            if not level or not level["isActive"]:
                raise
            if level["quantities"][0]["quantity"] != quantity:
                raise StaleFigure("The item already stands on the shelf.", [inventory_item_id]) from None
        if not level or not level["isActive"]:
            raise ConnectorError("The store did not put the item on the shelf.", retryable=True, code="not_active")

    def write_shelf(self, shelf: RemoteShelf, writes: Sequence[ShelfWrite], key: str) -> None:
        """Set the figures of up to 250 items, all or none. *Again*, with the same key: no change.

        Raises StaleFigure with the items that no longer show what was expected.
        """
        if not writes:
            return
        if len(writes) > WRITES_A_CALL:
            raise ConnectorError(
                f"One call writes at most {WRITES_A_CALL} figures.", retryable=False, code="bad_request"
            )
        quantities = [
            {
                "inventoryItemId": one.inventory_item_id,
                "locationId": shelf.location_id,
                "quantity": one.quantity,
                "changeFromQuantity": one.expected,
            }
            for one in writes
        ]
        asked = {"name": "available", "reason": REASON, "quantities": quantities}
        try:
            self._write("WriteShelf", "inventorySetQuantities", asked, key)
        except UserErrors as error:
            if STALE in error.codes:
                raise StaleFigure("The shelf shows other figures than expected.", _stale(error, writes)) from None
            raise

    def restock(self, inventory_item_id: str, location_id: str, units: int, key: str) -> None:
        """Add units that came back to the figure of a real place. *Again*, with the same key: no change."""
        change = {
            "inventoryItemId": inventory_item_id,
            "locationId": location_id,
            "delta": units,
            "changeFromQuantity": None,
        }
        asked = {"name": "available", "reason": "restock", "changes": [change]}
        self._write("Restock", "inventoryAdjustQuantities", asked, key)

    def _write(self, operation: str, field: str, asked: dict[str, Any], key: str) -> None:
        try:
            self.client.write(operation, field, input=asked, key=key)
        except UserErrors as error:
            if TRY_ANEW not in error.codes:
                raise
            self.client.write(operation, field, input=asked, key=f"{key}-anew")


def _stale(error: UserErrors, writes: Sequence[ShelfWrite]) -> list[str]:
    """Name the items whose comparison failed; the error's path holds their place in the call."""
    found = []
    for one in error.errors:
        places = [int(part) for part in one.get("field") or () if str(part).isdigit()]
        if one.get("code") == STALE and places and places[0] < len(writes):
            found.append(writes[places[0]].inventory_item_id)
    return found or [one.inventory_item_id for one in writes]
