"""A shop without a platform joins by one command, which shows its key once."""

import json

import pytest
from django.core.management import CommandError, call_command

from network.models import ApiKey, Merchant, Shop

pytestmark = pytest.mark.django_db
WORDS = ("--name", "Alma Outlet", "--domain", "alma-outlet", "--country", "nl", "--json")


def test_it_opens_the_shop_in_shadow_mode_and_its_key_works(capsys, client):
    Merchant.everyone.create(name="Alma", legal_name="Alma B.V.", country="NL")
    call_command("open_api_shop", "--merchant", "Alma B.V.", *WORDS)
    told = json.loads(capsys.readouterr().out)
    shop = Shop.everyone.get(domain="alma-outlet")
    assert (told["status"], shop.platform, shop.country, shop.currency) == ("shadow", "api", "NL", "EUR")
    answer = client.get("/api/v1/shop/", headers={"Authorization": f"Bearer {told['key']}"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Alma Outlet")


def test_a_stranger_or_a_taken_name_opens_nothing():
    with pytest.raises(CommandError, match="No merchant is called"):
        call_command("open_api_shop", "--merchant", "Nobody", *WORDS)
    Merchant.everyone.create(name="Alma", legal_name="Alma B.V.", country="NL")
    call_command("open_api_shop", "--merchant", "Alma B.V.", *WORDS)
    with pytest.raises(CommandError, match="is taken"):
        call_command("open_api_shop", "--merchant", "Alma B.V.", *WORDS)
    assert (Shop.everyone.count(), ApiKey.everyone.count()) == (1, 1)
