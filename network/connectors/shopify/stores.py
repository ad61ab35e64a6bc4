"""The store itself: its facts, locations, shelf, shipping rates, and the subscriptions that tell us what happens in it."""

from typing import Any

from django.conf import settings

from network.connectors.base import ConnectorError, RemoteLocation, RemoteShelf, RemoteShop
from network.connectors.shopify import translate
from network.connectors.shopify.auth import REQUIRED_SCOPES
from network.connectors.shopify.client import Client, UserErrors
from network.connectors.shopify.payloads import NEEDED, SUBSCRIBED, WHOLE

WITHOUT_SKU = "sku:'' OR -sku:*"
Row = dict[str, Any]


class Stores:
    """The part of the Shopify connector that connects."""

    client: Client
    domain: str

    def read_shop(self) -> RemoteShop:
        """Read the store's facts and the scopes it granted."""
        return translate.shop(self.client.ask("StoreFacts"))

    def list_locations(self) -> list[RemoteLocation]:
        """List every location, shelves and inactive ones included."""
        return [translate.location(one) for one in self.client.pages("StoreLocations", "locations")]

    def find_shelf(self) -> RemoteShelf | None:
        """Find the fulfilment service that is ours; Shopify lists an app's own services only under their name."""
        for one in self.client.ask("FindShelf")["shop"]["fulfillmentServices"]:
            if one["serviceName"] == shelf_name() and one.get("location"):
                return RemoteShelf(service_id=one["id"], location_id=one["location"]["id"])
        return None

    def create_shelf(self) -> RemoteShelf:
        """Open the shelf. *Again*: finds it, because creating knows no idempotency key and refuses a taken name."""
        try:
            made = self.client.write("CreateShelf", "fulfillmentServiceCreate", name=shelf_name())
        except ConnectorError as error:
            found = self.find_shelf() if error.unknown_outcome or isinstance(error, UserErrors) else None
            if found is None:
                raise
            return found
        service = made["fulfillmentService"]
        return RemoteShelf(service_id=service["id"], location_id=service["location"]["id"])

    def subscribe(self, address: str) -> None:
        """Make the wanted subscriptions, and only those, point at this address. *Again*: no change."""
        present: set[str] = set()
        for one in list(self.client.pages("Subscriptions", "webhookSubscriptions")):
            topic = one["topic"]
            right = one["uri"] == address and set(one["includeFields"]) == set(_fields(topic))
            if right and topic in _wanted() and topic not in present:
                present.add(topic)
            else:
                self.client.write("Unsubscribe", "webhookSubscriptionDelete", id=one["id"])
        for topic in sorted(_wanted() - present):
            self._subscribe(topic, address)

    def _subscribe(self, topic: str, address: str) -> None:
        asked = {"uri": address, "format": "JSON", "includeFields": list(_fields(topic))}
        try:
            self.client.write("Subscribe", "webhookSubscriptionCreate", topic=topic, subscription=asked)
        except UserErrors as error:
            if not any("taken" in str(one.get("message")) for one in error.errors):  # somebody else just made it
                raise

    # --- what still stands in the way ---------------------------------------------------------------------------------
    def check_store(self, shelf: RemoteShelf) -> list[Row]:
        """List what a store must have to take part, each with how to mend it; ``blocks`` says whether going live waits for it."""
        scopes = set(self.read_shop().scopes)
        rows = [_scopes_row(scopes)]
        if not rows[0]["ok"]:
            return rows
        rows += [self._shelf_row(shelf), self._subscriptions_row(), *self._rates_rows(shelf, scopes), self._sku_row()]
        return [*rows, self._rank_row()]

    def _shelf_row(self, shelf: RemoteShelf) -> Row:
        found = {one.id: one for one in self.list_locations()}.get(shelf.location_id)
        return _row(
            "shelf",
            found is not None and found.is_active and found.is_service,
            "The network shelf exists and is active",
            f"The location “{shelf_name()}” is missing or inactive in your store. Press “Check again”: it is set up anew.",
        )

    def _subscriptions_row(self) -> Row:
        address = webhook_address()
        present = {
            one["topic"] for one in self.client.pages("Subscriptions", "webhookSubscriptions") if one["uri"] == address
        }
        missing = sorted(_wanted() - present)
        return _row(
            "subscriptions",
            not missing,
            "Your store tells the network about changes",
            f"{len(missing)} subscriptions are missing; the network renews them by itself within the hour.",
        )

    def _rates_rows(self, shelf: RemoteShelf, scopes: set[str]) -> list[Row]:
        if not scopes & {"read_shipping", "write_shipping"}:
            return []
        lacking = []
        for profile in list(self.client.pages("ShippingProfiles", "deliveryProfiles")):
            groups = [one["locationGroup"] for one in profile["profileLocationGroups"]]
            if any(one["id"] == shelf.location_id for group in groups for one in group["locations"]["nodes"]):
                continue
            if not ("write_shipping" in scopes and self._join_rates(profile["id"], groups, shelf)):
                lacking.append(profile["name"])
        fix = (
            f"In Shopify, open Settings → Shipping and delivery → {', '.join(lacking)} and add the location “{shelf_name()}” to the "
            "same group as your own location, so that customers see one shipping price."
        )
        return [_row("rates", not lacking, "The shelf has the shipping rates of your own location", fix)]

    def _join_rates(self, profile: str, groups: list[Row], shelf: RemoteShelf) -> bool:
        for group in groups:
            if any(not one["isFulfillmentService"] for one in group["locations"]["nodes"]):
                asked = {"profileId": profile, "groupId": group["id"], "locationId": shelf.location_id}
                try:
                    self.client.write("JoinLocationGroup", "deliveryProfileUpdate", **asked)
                except UserErrors:
                    return False
                return True
        return False

    def _sku_row(self) -> Row:
        count = (self.client.ask("VariantsWithoutSku", query=WITHOUT_SKU)["productVariantsCount"] or {}).get("count", 0)
        return _row(
            "sku",
            not count,
            "Every variant has a SKU",
            f"{count} variants have no SKU; Shopify cannot put them on the shelf. Give them one to let them take part.",
            blocks=False,
        )

    def _rank_row(self) -> Row:
        own = [one for one in self.list_locations() if one.is_active and not one.is_service]
        return _row(
            "rank",
            bool(own),
            "Your own locations come before the shelf",
            "Add at least one active location of your own. In Settings → Shipping and delivery → Order routing, keep your own "
            "locations above the shelf, so that what you have is always sold first.",
            blocks=not own,
        )


def shelf_name() -> str:
    """Name the shelf as the store shows it under Settings → Locations."""
    return f"{settings.NETWORK_NAME} network shelf"


def webhook_address() -> str:
    """Say where stores send their messages."""
    return f"{settings.BASE_URL}/webhooks/shopify/"


def _wanted() -> set[str]:
    return {topic.upper().replace("/", "_") for topic in SUBSCRIBED}


def _fields(topic: str) -> tuple[str, ...]:
    """Name the fields a message may bring: of orders and parcels only what they are about, so that nobody's e-mail comes to us."""
    return NEEDED.get(topic.partition("_")[0], ()) if topic not in WHOLE else ()


def _scopes_row(scopes: set[str]) -> Row:
    missing = [one for one in REQUIRED_SCOPES if one not in scopes and one.replace("read_", "write_", 1) not in scopes]
    return _row(
        "scopes",
        not missing,
        "The network may do what it needs to in your store",
        f"Connect the store again and agree to: {', '.join(missing)}.",
    )


def _row(key: str, ok: bool, title: str, fix: str, *, blocks: bool = True) -> Row:
    return {"key": key, "ok": ok, "title": title, "fix": "" if ok else fix, "blocks": blocks}
