"""After rotating, the newest key opens everything and the old one is needed no more."""

import json

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from network.models import InboundEvent, Merchant, Shop, ShopCredential
from network.rotate import encrypted_columns

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
    return Shop.everyone.create(merchant=merchant, domain="b.myshopify.com", name="Bruno", country="NL", currency="EUR")


def test_tokens_messages_and_addresses_are_among_what_is_encrypted():
    names = {f"{model._meta.db_table}.{column}" for model, column in encrypted_columns()}
    assert names >= {"network_shopcredential.access_token", "network_inboundevent.body", "orders_order.address"}


def test_everything_opens_with_the_newest_key_alone_after_rotating(shop, settings, capsys):
    old, new = settings.SKUU_KEYRING[0], Fernet.generate_key().decode()
    ShopCredential.objects.create(shop=shop, access_token="secret-1", refresh_token="")
    rows = [
        InboundEvent(shop=shop, topic="t", webhook_id=f"w{n}", body=f"body {n}", body_sha256="") for n in range(1203)
    ]
    InboundEvent.everyone.bulk_create(rows)
    settings.SKUU_KEYRING = [new, old]
    call_command("rotate_keys", "--json")
    done = json.loads(capsys.readouterr().out)
    assert (done["network_inboundevent.body"], done["network_shopcredential.access_token"]) == (1203, 1)
    settings.SKUU_KEYRING = [new]
    assert sorted(InboundEvent.everyone.values_list("body", flat=True)) == sorted(f"body {n}" for n in range(1203))
    assert (ShopCredential.objects.get().access_token, ShopCredential.objects.get().refresh_token) == ("secret-1", "")


def test_a_lost_key_is_a_clear_error(shop, settings):
    ShopCredential.objects.create(shop=shop, access_token="secret-1")
    settings.SKUU_KEYRING = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="put the key it was written with back"):
        call_command("rotate_keys")
