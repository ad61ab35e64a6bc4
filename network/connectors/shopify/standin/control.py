"""The hidden door of whoever runs the stand-in: faults, disorder, the clock, stock at the till, and the log of calls."""

import hmac
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from network.connectors.shopify.standin.faults import Fault
from network.connectors.shopify.standin.state import Store
from network.connectors.shopify.standin.webhooks import Disorder

if TYPE_CHECKING:
    from network.connectors.shopify.standin.answering import Response
    from network.connectors.shopify.standin.core import StandIn


def control(
    standin: "StandIn", method: str, path: str, asked: dict[str, str], head: dict[str, str], body: bytes
) -> "Response":
    """Answer /__standin/…; without the right token there is nothing here."""
    if not hmac.compare_digest(head.get("x-standin-control", ""), standin.control_token):
        return standin.json(404, {"errors": "Not Found"})
    name = path.removeprefix("/__standin/").strip("/")
    try:
        given = json.loads(body or b"{}")
        answer = _read(standin, name, asked) if method == "GET" else _write(standin, method, name, given)
    except (ValueError, TypeError, KeyError, LookupError) as error:
        return standin.json(400, {"error": f"{type(error).__name__}: {error}"})
    return standin.json(404, {"error": "unknown"}) if answer is None else standin.json(200, answer)


def _read(standin: "StandIn", name: str, asked: dict[str, str]) -> Any:
    if name == "log":
        rows = [row for row in standin.log if asked.get("store", row["store"]) == row["store"]]
        return {"calls": rows[-int(asked.get("last", "500")) :]}
    if name == "deliveries":
        return {
            "pending": standin.deliveries.pending(),
            "done": list(standin.deliveries.done)[-int(asked.get("last", "500")) :],
        }
    if name == "faults":
        return {"waiting": [asdict(fault) for fault in standin.faults.waiting()]}
    if name == "stores":
        return {"stores": standin.describe()}
    return None


def _write(standin: "StandIn", method: str, name: str, given: dict[str, Any]) -> Any:
    if name == "faults":
        return _faults(standin, method, given)
    if name == "deliveries":
        store = given.pop("store", "")
        standin.deliveries.disturb(Disorder(**given), store)
        return {"store": store, **given}
    if name == "stock":
        left = standin.till_sale(
            given["store"],
            given.get("sku") or given["item"],
            location=given.get("location"),
            available=given.get("available"),
            delta=given.get("delta"),
        )
        return {"available": left}
    if name == "clock":
        standin.shift_clock(float(given["seconds"]))
        return {"now": standin.clock.iso()}
    if name == "install":
        return standin.install(given["store"], given["scopes"])
    if name == "uninstall":
        standin.uninstall(_store(standin, given), given.get("client") or standin.client_id)
        return {"done": True}
    return None


def _faults(standin: "StandIn", method: str, given: dict[str, Any]) -> Any:
    if method == "DELETE":
        standin.faults.clear()
        return {"waiting": []}
    mode = given["mode"]
    if mode == "revoke_token":
        standin.revoke_token(_store(standin, given), given.get("token"))
    elif mode == "revoke_scope":
        standin.revoke_scopes(_store(standin, given), given.get("client") or standin.client_id, [given["scope"]])
    elif mode == "expire_tokens":
        standin.shift_clock(float(given.get("seconds", 3601)))
    else:
        standin.faults.add(Fault(**given))
    return {"waiting": [asdict(fault) for fault in standin.faults.waiting()]}


def _store(standin: "StandIn", given: dict[str, Any]) -> Store:
    return standin.stores[given["store"]]
