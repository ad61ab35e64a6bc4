"""One store's Admin GraphQL, bound to (domain, token): timeouts, throttle, retries where they are safe, errors by kind."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import requests
from requests.exceptions import ConnectTimeout

from network.budgets import UNKNOWN_COST, Budget, Purse
from network.connectors.base import AccessLost, ConnectorError
from network.connectors.shopify.auth import API_VERSION, TIMEOUTS, address, new_session
from network.connectors.shopify.documents import document, is_idempotent, is_mutation

PATH = f"/admin/api/{API_VERSION}/graphql.json"
TRIES = 4
PATIENCE = 12.0  # seconds one call may spend waiting for points or for the store to recover
TOO_DEAR = "too_dear"  # one call may cost 1,000 points; how Shopify sizes a call is its own affair
ERROR_LISTS = ("userErrors", "orderCancelUserErrors")

Data = dict[str, Any]


class UserErrors(ConnectorError):
    """Shopify understood the write and refused it; ``codes`` and ``errors`` say why."""

    code = "refused"

    def __init__(self, operation: str, errors: Sequence[Data], *, retryable: bool = False) -> None:
        said = "; ".join(str(one.get("message")) for one in errors)[:300]
        super().__init__(f"Shopify refused {operation}: {said}", retryable=retryable)
        self.errors = list(errors)
        self.codes = {str(one.get("code")) for one in errors if one.get("code")}


class Client:
    """Runs named operations at one store; made per job, used by one thread, thrown away.

    ``renew`` is asked once for a fresh token when the store refuses this one; ``budget`` is what all processes share of the
    store's points. Tokens and bodies are never logged.
    """

    def __init__(
        self,
        domain: str,
        token: str,
        *,
        renew: Callable[[str], str] | None = None,
        budget: Budget | Purse | None = None,
        session: requests.Session | None = None,
    ) -> None:
        self.domain, self.token, self.renew, self.budget = domain, token, renew, budget
        self.url, self.headers = address(domain, PATH)
        self.session = session or new_session()

    # --- asking -------------------------------------------------------------------------------------------------------
    def ask(self, operation: str, **variables: Any) -> Data:
        """Run an operation and return its data. Raises ConnectorError; waits for points and repeats only what is safe."""
        give_up = time.monotonic() + PATIENCE
        for left in range(TRIES - 1, -1, -1):
            if self.budget:
                self.budget.set_aside(operation, writes=is_mutation(operation), until=give_up)
            try:
                return self._once(operation, variables)
            except ConnectorError as error:
                pause = error.retry_after or (2 ** (TRIES - left)) * 0.1 * random.uniform(0.75, 1.25)  # noqa: S311
                if self.budget and error.code == "throttled":
                    self.budget.note_throttled(pause)
                if not error.retryable or error.unknown_outcome or not left or time.monotonic() + pause > give_up:
                    if self.budget:
                        self.budget.note_failure(error.code)
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")

    def write(self, operation: str, field: str, **variables: Any) -> Data:
        """Run a mutation and return its payload. Raises UserErrors when Shopify lists any, wherever it lists them."""
        payload = self.ask(operation, **variables).get(field)
        if not isinstance(payload, dict):
            raise ConnectorError(
                f"Shopify answered {operation} without a result.",
                retryable=False,
                unknown_outcome=True,
                code="empty_answer",
            )
        errors = [one for name in ERROR_LISTS for one in payload.get(name) or ()]
        if errors:
            raise UserErrors(operation, errors, retryable=_passing(errors))
        return payload

    def pages(self, operation: str, *path: str, **variables: Any) -> Iterator[Data]:
        """Walk a connection page by page and yield its nodes."""
        after = None
        while True:
            connection: Any = self.ask(operation, after=after, **variables)
            for name in path:
                connection = (connection or {}).get(name)
            if not connection:
                return
            yield from connection["nodes"]
            if not connection["pageInfo"]["hasNextPage"]:
                return
            after = connection["pageInfo"]["endCursor"]

    def by_id(self, operation: str, ids: Sequence[str], most: int) -> Iterator[Data]:
        """Read things by id, so many a call, half as many whenever Shopify finds that too dear; absent ones are left out."""
        waiting = [list(ids[start : start + most]) for start in range(0, len(ids), most)]
        while waiting:
            chunk = waiting.pop(0)
            try:
                nodes = self.ask(operation, ids=chunk)["nodes"]
            except ConnectorError as error:
                if error.code != TOO_DEAR or len(chunk) == 1:
                    raise
                middle = len(chunk) // 2
                waiting[:0] = [chunk[:middle], chunk[middle:]]
                continue
            yield from (node for node in nodes if node and node.get("id"))

    def all_of(self, connection: Data, operation: str, *path: str, **variables: Any) -> list[Data]:
        """Return a connection's nodes, reading on by another operation where the first answer held only its beginning."""
        nodes = list(connection["nodes"])
        page = connection.get("pageInfo") or {}
        while page.get("hasNextPage"):
            more: Any = self.ask(operation, after=page["endCursor"], **variables)
            for name in path:
                more = (more or {}).get(name)
            if not more:
                break
            nodes += more["nodes"]
            page = more["pageInfo"]
        return nodes

    # --- one round trip -----------------------------------------------------------------------------------------------
    def _once(self, operation: str, variables: Data, *, renewed: bool = False) -> Data:
        careful = is_mutation(operation) and not is_idempotent(operation)
        answer = self._post(operation, variables, careful=careful)
        if answer.status_code == 401 and self.renew is not None and not renewed:
            self.token = self.renew(self.token)
            return self._once(operation, variables, renewed=True)
        if answer.status_code != 200:
            raise _http_error(self.domain, operation, answer, careful=careful)
        try:
            body = answer.json()
            data, errors, extensions = body.get("data"), body.get("errors"), body.get("extensions")
        except (ValueError, AttributeError):
            raise ConnectorError(
                f"{self.domain} answered {operation} with something that is no JSON.",
                retryable=True,
                unknown_outcome=careful,
                code="unreadable",
            ) from None
        if self.budget:
            self.budget.learn(operation, extensions)
        if errors:
            raise _graphql_error(self.domain, operation, data, errors, extensions, careful=careful)
        self._check_version(answer)
        return data if isinstance(data, dict) else {}

    def _post(self, operation: str, variables: Data, *, careful: bool) -> requests.Response:
        body: Any = {"query": document(operation), "variables": variables, "operationName": operation}
        headers = self.headers | {
            "X-Shopify-Access-Token": self.token,
            "Accept": "application/json",
            "User-Agent": "skuu-network/1",
        }
        try:
            return self.session.post(self.url, json=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False)
        except requests.RequestException as error:
            sent = not isinstance(error, ConnectTimeout) and "NewConnectionError" not in repr(error)
            raise ConnectorError(
                f"{self.domain} did not answer {operation} ({type(error).__name__}).",
                retryable=True,
                unknown_outcome=careful and sent,
                code="unreachable",
            ) from None

    def _check_version(self, answer: requests.Response) -> None:
        served = answer.headers.get("X-Shopify-API-Version")
        if served and served != API_VERSION:
            raise ConnectorError(
                f"{self.domain} answered with API version {served} instead of {API_VERSION}.",
                retryable=False,
                unknown_outcome=True,
                code="wrong_version",
            )


def _passing(errors: Sequence[Data]) -> bool:
    """Say whether a refusal is only about another request with the same key that is still under way."""
    return all(one.get("code") == "IDEMPOTENCY_CONCURRENT_REQUEST" for one in errors)


def _http_error(domain: str, operation: str, answer: requests.Response, *, careful: bool) -> ConnectorError:
    status = answer.status_code
    if status in (401, 403):
        return AccessLost(
            f"{domain} no longer accepts our token (HTTP {status}); its owner must connect the store again."
        )
    if status == 429:
        after = _seconds(answer.headers.get("Retry-After"))
        message = f"{domain} asks us to slow down ({operation})."
        return ConnectorError(message, retryable=True, code="throttled", retry_after=after)
    if status in (402, 404, 423):
        said = {402: "its plan is unpaid", 404: "it does not exist", 423: "it is locked"}[status]
        return ConnectorError(f"{domain} cannot be used: {said} (HTTP {status}).", retryable=False, code="store_closed")
    return ConnectorError(
        f"{domain} answered {operation} with HTTP {status}.",
        retryable=status >= 500,
        unknown_outcome=careful and status >= 500,
        code="store_error" if status >= 500 else "bad_request",
    )


def _graphql_error(
    domain: str, operation: str, data: Any, errors: Any, extensions: Any, *, careful: bool
) -> ConnectorError:
    if not isinstance(errors, list):  # a bare text is how Shopify words refused access
        return AccessLost(f"{domain} refused {operation}: {str(errors)[:200]}")
    codes = {str((one.get("extensions") or {}).get("code")) for one in errors if isinstance(one, dict)}
    said = "; ".join(str(one.get("message") if isinstance(one, dict) else one) for one in errors)[:300]
    happened = is_mutation(operation) and isinstance(data, dict) and any(one is not None for one in data.values())
    if "THROTTLED" in codes:
        after = _points_wait(extensions)
        return ConnectorError(f"{domain} is throttled.", retryable=True, code="throttled", retry_after=after)
    if "ACCESS_DENIED" in codes:
        lost = AccessLost(f"{domain} does not grant what {operation} needs: {said}")
        lost.unknown_outcome = happened
        return lost
    if "MAX_COST_EXCEEDED" in codes:
        return ConnectorError(f"{operation} asks too much at once: {said}", retryable=False, code=TOO_DEAR)
    if "INTERNAL_SERVER_ERROR" in codes:
        message = f"{domain} failed inside {operation}: {said}"
        return ConnectorError(message, retryable=not happened, unknown_outcome=careful or happened, code="store_error")
    if isinstance(data, dict) and any(one is not None for one in data.values()):
        message = f"{domain} answered {operation} in part only: {said}"
        return ConnectorError(message, retryable=False, unknown_outcome=happened, code="partial_answer")
    return ConnectorError(f"{domain} does not understand {operation}: {said}", retryable=False, code="bad_request")


def _points_wait(extensions: Any) -> float:
    """Work out how long until the store's bucket holds what the operation needs."""
    cost = (extensions or {}).get("cost") or {}
    bucket = cost.get("throttleStatus") or {}
    rate = float(bucket.get("restoreRate") or 50.0)
    needed = float(cost.get("requestedQueryCost") or UNKNOWN_COST)
    missing = needed - float(bucket.get("currentlyAvailable") or 0.0)
    return min(PATIENCE, max(0.1, missing / rate)) * random.uniform(1.0, 1.1)  # noqa: S311


def _seconds(text: str | None) -> float:
    try:
        return min(60.0, max(0.1, float(text or 1)))
    except ValueError:
        return 1.0
