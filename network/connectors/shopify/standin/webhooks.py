"""Webhook subscriptions, and turning what happened into deliveries that are kept until they arrive."""

import base64
import hashlib
import hmac
import json
import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from network.connectors.shopify.standin.catalogue import ordered
from network.connectors.shopify.standin.registry import (
    Call,
    Rows,
    field_of,
    mutation,
    not_implemented,
    query,
    user_error,
)
from network.connectors.shopify.standin.state import Node, Store

if TYPE_CHECKING:
    from network.connectors.shopify.standin.core import StandIn


@dataclass
class Disorder:
    """How a store's webhooks misbehave: late, out of order, twice, never."""

    delay_ms: int = 0
    shuffle_ms: int = 0  # each delivery waits a random part of this, so that they overtake one another
    duplicate: float = 0.0  # percent
    lose: float = 0.0  # percent


def publish(standin: "StandIn", store: Store, events: dict[tuple[str, str], Any]) -> None:
    """Write a delivery for each subscription of each event, in the change that caused it."""
    keys = []
    for (topic, _), build in list(events.items()):
        subscriptions = store.where("WebhookSubscription", "topic", topic.upper().replace("/", "_"))
        if not subscriptions:
            continue
        payload, event = build(), secrets.token_hex(16)
        for subscription in subscriptions:
            keys += _write(standin, store, topic, payload, event, subscription)
    if keys:
        store.afterwards(lambda: standin.deliveries.enqueue(store, keys))


def headers(standin: "StandIn", store: Store, delivery: Node) -> dict[str, str]:
    """Sign a delivery."""
    digest = hmac.new(standin.client_secret.encode(), delivery["body"].encode(), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook", "X-Shopify-Topic": delivery["topic"],
        "X-Shopify-Shop-Domain": store.domain, "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Webhook-Id": delivery["webhook"], "X-Shopify-Event-Id": delivery["event"], "X-Shopify-Triggered-At": delivery["at"],
        "X-Shopify-API-Version": standin.version,
    }  # fmt: skip


def _write(standin: "StandIn", store: Store, topic: str, payload: Node, event: str, subscription: Node) -> list[str]:
    disorder, chance = standin.deliveries.disorder(store.domain), random.Random()  # noqa: S311
    if chance.random() * 100 < disorder.lose:
        standin.deliveries.lost(store.domain, topic)
        return []
    fields = subscription["includeFields"]
    body = json.dumps({name: payload[name] for name in fields if name in payload} if fields else payload)
    webhook, now, keys = secrets.token_hex(16), standin.clock.now(), []
    for copy in range(2 if chance.random() * 100 < disorder.duplicate else 1):
        wait = (disorder.delay_ms + chance.uniform(0, disorder.shuffle_ms)) / 1000
        key = f"{webhook}.{copy}"
        store.record(
            "delivery",
            key,
            {
                "topic": topic, "uri": subscription["uri"], "subscription": subscription["id"], "body": body, "event": event,
                "webhook": webhook, "at": standin.clock.iso(now), "attempts": 0, "due": now + wait, "turn": standin.deliveries.turn(),
            },
        )  # fmt: skip
        keys.append(key)
    return keys


# --- subscriptions ----------------------------------------------------------------------------------------------------
@query("webhookSubscriptions")
def subscriptions(call: Call, topics: list[str] | None = None, uri: str | None = None, **_: Any) -> Rows:
    """List the calling app's subscriptions."""
    rows = [
        one
        for one in call.store.all("WebhookSubscription")
        if one["client"] == call.grant.client and (not topics or one["topic"] in topics) and uri in (None, one["uri"])
    ]
    return ordered(rows, None)


@query("webhookSubscription")
def subscription(call: Call, id: str) -> Node | None:
    """Find one subscription."""
    return call.store.get(id)


@query("webhookSubscriptionsCount")
def subscriptions_count(call: Call, **_: Any) -> Node:
    """Count the calling app's subscriptions."""
    return {"count": len(subscriptions(call).nodes), "precision": "EXACT"}


@field_of("WebhookSubscription", "apiVersion")
def subscription_version(call: Call, one: Node) -> Node:
    """Say which version payloads have."""
    return {
        "__typename": "ApiVersion",
        "handle": call.standin.version,
        "displayName": call.standin.version,
        "supported": True,
    }


@field_of("WebhookSubscription", "callbackUrl")
def callback_url(call: Call, one: Node) -> str:
    """Say where payloads go, the old way."""
    return str(one["uri"])


@mutation("webhookSubscriptionCreate")
def subscribe(call: Call, topic: str, webhook_subscription: Node) -> Node:
    """Subscribe to a topic. *Again*: the same topic and address are refused."""
    given = webhook_subscription
    uri = given.get("uri") or given.get("callbackUrl")
    problem = None
    if not uri or not uri.startswith(("http://", "https://")):
        problem = user_error("Address is invalid", ["webhookSubscription", "uri"])
    elif any(
        one["topic"] == topic and one["uri"] == uri and one["client"] == call.grant.client
        for one in call.store.all("WebhookSubscription")
    ):
        problem = user_error("Address for this topic has already been taken", ["webhookSubscription", "uri"])
    if problem:
        return {"webhookSubscription": None, "userErrors": [problem]}
    made = call.store.add(
        "WebhookSubscription",
        topic=topic,
        uri=uri,
        client=call.grant.client,
        createdAt=call.now,
        updatedAt=call.now,
        **_options(given),
    )
    return {"webhookSubscription": made, "userErrors": []}


@mutation("webhookSubscriptionUpdate")
def resubscribe(call: Call, id: str, webhook_subscription: Node) -> Node:
    """Change a subscription."""
    one = call.store.get(id)
    if one is None or one["client"] != call.grant.client:
        return {"webhookSubscription": None, "userErrors": [user_error("Webhook subscription does not exist", ["id"])]}
    uri = webhook_subscription.get("uri") or webhook_subscription.get("callbackUrl") or one["uri"]
    call.store.change(one, uri=uri, **_options({**one, **webhook_subscription}), updatedAt=call.now)
    return {"webhookSubscription": one, "userErrors": []}


@mutation("webhookSubscriptionDelete")
def unsubscribe(call: Call, id: str) -> Node:
    """End a subscription."""
    one = call.store.get(id)
    if one is None or one["client"] != call.grant.client:
        return {
            "deletedWebhookSubscriptionId": None,
            "userErrors": [user_error("Webhook subscription does not exist", ["id"])],
        }
    call.store.remove(one)
    return {"deletedWebhookSubscriptionId": id, "userErrors": []}


def _options(given: Node) -> Node:
    if given.get("filter"):
        raise not_implemented("WebhookSubscriptionInput.filter")
    if (given.get("format") or "JSON") != "JSON":
        raise not_implemented("WebhookSubscriptionInput.format XML")
    return {
        "format": "JSON", "filter": None, "includeFields": list(given.get("includeFields") or []), "name": given.get("name"),
        "metafieldNamespaces": list(given.get("metafieldNamespaces") or []),
    }  # fmt: skip
