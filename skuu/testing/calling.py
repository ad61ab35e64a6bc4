"""A program that calls the API for a shop, the way a merchant's own would."""

import json
from typing import Any

from django.test import Client

from network.models import ApiKey, Shop

ROOT = "/api/v1/"


class Program:
    """Holds one shop's key; without a shop it is a stranger without one."""

    def __init__(self, shop: Shop | None = None, *, key: str = "") -> None:
        self.key = ApiKey.issue(shop, "test program")[1] if shop is not None else key
        self.client = Client()

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(ROOT + path, query, headers=self._headers())

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("put", path, body, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, {} if body is None else body, headers)

    def delete(self, path: str) -> Any:
        return self.client.delete(ROOT + path, headers=self._headers())

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(self.client, method)(
            ROOT + path, raw, content_type="application/json", headers=self._headers() | named
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def codes(answer: Any) -> list[tuple[str, str]]:
    """Read (field, code) of every error in a problem document."""
    return [(error["field"], error["code"]) for error in answer.json().get("errors", [])]
