"""Products and stock as the store has them: everything by a large read, changes by windows, single things by id."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone

from network.connectors.base import ConnectorError, ReadJob, RemoteLevel, RemoteProduct
from network.connectors.shopify import bulk, translate
from network.connectors.shopify.client import Client
from network.connectors.shopify.documents import document

PRODUCTS_A_CALL = 20
ITEMS_A_CALL = 50
RUNNING = {"CREATED", "RUNNING", "CANCELING"}

Node = dict[str, Any]


class Catalogue:
    """The part of the Shopify connector that reads products and stock."""

    client: Client
    currency: str

    # --- everything ---------------------------------------------------------------------------------------------------
    def start_reads(self) -> tuple[str, str]:
        """Start the two large reads, products and levels, and return their ids; Shopify works on them by itself."""
        return self._start("BulkProducts"), self._start("BulkLevels")

    def _start(self, operation: str) -> str:
        made = self.client.write("StartRead", "bulkOperationRunQuery", query=document(operation))
        return str(made["bulkOperation"]["id"])

    def poll_read(self, job_id: str) -> ReadJob:
        """Ask how far a large read is."""
        found = self.client.ask("PollRead", id=job_id).get("bulkOperation")
        if found is None:
            return ReadJob(id=job_id, status="failed", error="The store no longer knows this read.")
        started = translate.moment(found["createdAt"])
        if found["status"] in RUNNING:
            return ReadJob(id=job_id, status="running", started_at=started)
        if found["status"] == "COMPLETED":
            return ReadJob(id=job_id, status="done", url=found.get("url") or "", started_at=started)
        error = f"{found['status'].lower()}: {found.get('errorCode') or 'no reason given'}"
        return ReadJob(id=job_id, status="failed", error=error, started_at=started)

    def stream_products(self, job: ReadJob) -> Iterator[RemoteProduct]:
        """Yield every product of a finished read with all its variants."""
        for node, variants in bulk.families(bulk.lines(job.url)):
            yield translate.product(node, variants, self.currency)

    def stream_levels(self, job: ReadJob) -> Iterator[RemoteLevel]:
        """Yield every level of a finished read; they are as old as the read's beginning."""
        read_at = min(job.started_at or timezone.now(), timezone.now())
        for node in bulk.lines(job.url):
            if node.get("location"):
                yield translate.level(node, read_at)

    # --- changes ------------------------------------------------------------------------------------------------------
    def products_since(self, since: dt.datetime) -> Iterator[RemoteProduct]:
        """Yield the products changed since a moment, oldest change first."""
        for node in self.client.pages("ProductsSince", "products", query=f"updated_at:>='{window(since)}'"):
            yield self._product(node)

    def read_products(self, product_ids: Sequence[str]) -> list[RemoteProduct]:
        """Read products by id; those that are gone are missing from the answer."""
        return [self._product(node) for node in self.client.by_id("ProductsById", product_ids, PRODUCTS_A_CALL)]

    def _product(self, node: Node) -> RemoteProduct:
        variants = self.client.all_of(node["variants"], "MoreVariants", "product", "variants", id=node["id"])
        return translate.product(node, variants, self.currency)

    def levels_since(self, location_id: str, since: dt.datetime) -> Iterator[RemoteLevel]:
        """Yield the levels of one location changed since a moment."""
        read_at = timezone.now()
        asked = {"locationId": location_id, "query": f"updated_at:>='{window(since)}'"}
        for node in self.client.pages("LevelsSince", "location", "inventoryLevels", **asked):
            yield translate.level(node, read_at)

    def read_levels(self, inventory_item_ids: Sequence[str]) -> list[RemoteLevel]:
        """Read items' levels at every real location and on the shelf, inactive ones included."""
        found: list[RemoteLevel] = []
        read_at = timezone.now()
        path = ("inventoryItem", "inventoryLevels")
        for node in self.client.by_id("LevelsOfItems", inventory_item_ids, ITEMS_A_CALL):
            levels = self.client.all_of(node["inventoryLevels"], "MoreLevels", *path, id=node["id"])
            found += [translate.level(one, read_at) for one in levels]
        return found


def window(moment: dt.datetime) -> str:
    """Write a moment as Shopify's search reads it."""
    if moment.tzinfo is None:
        raise ConnectorError("A window of changes needs an aware time.", retryable=False)
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
