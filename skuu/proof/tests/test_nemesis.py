"""What the nemesis says it did is what truly came about."""

import random

import pytest
import requests

from network.connectors.shopify.standin.server import running_standin
from network.connectors.shopify.standin.world import build_world
from skuu.proof.nemesis import Nemesis


def test_a_fault_that_lies_in_wait_counts_when_it_has_struck():
    with running_standin(build_world("tiny"), client_id="test-client", client_secret="test-secret") as running:
        told = {"standin": running.base_url, "control_token": running.standin.control_token}
        nemesis = Nemesis(lambda: told, "", random.Random(1))
        domain = next(iter(running.standin.stores))
        nemesis.control("faults", {"mode": "drop_after", "match": "shop", "times": 1})
        nemesis.tally()
        assert nemesis.done["spoiled: drop_after"] == 0
        with pytest.raises(requests.RequestException):
            requests.post(
                f"{running.base_url}/admin/api/2026-10/graphql.json",
                json={"query": "{ shop { name } }"},
                headers={"Host": domain, "X-Shopify-Access-Token": running.merchant_token(domain)},
                timeout=10,
            )
        nemesis.tally()
        assert nemesis.done["spoiled: drop_after"] == 1
