"""A merchant's own people and its programs' keys: invited, given another role, removed; made, shown once, revoked."""

import re

import pytest
from django.core import mail
from django.test import Client

from network import keys, team
from network.models import ApiKey, Membership, Shop, User
from network.scoping import as_network
from network.team import LastOwner, mail_invitation
from skuu.kit.errors import NotFound
from skuu.testing.world import load_world

Cast = dict[str, Shop]


@pytest.fixture
def cast(db: None) -> Cast:
    with as_network():
        shops = {name.split("-")[0]: shop for name, shop in load_world("tiny").items()}
        for name, shop in shops.items():
            user = User.objects.create_user(name, email=f"{name}@example.com")
            Membership.everyone.create(user=user, merchant=shop.merchant, role="owner")
    return shops


def owner_of(shop: Shop) -> User:
    return User.objects.get(memberships__merchant=shop.merchant_id)


def signed_in(shop: Shop) -> Client:
    client = Client()
    client.force_login(owner_of(shop))
    return client


class TestTeam:
    def test_a_new_person_gets_an_account_without_password_and_a_link(self, cast: Cast) -> None:
        merchant = cast["cara"].merchant
        with as_network():
            member = team.invite_member(merchant, " Lou@Example.com ", "finance", by="cara")
            mail_invitation(member.pk, "cara")
        assert (member.user.email, member.role, member.user.has_usable_password()) == (
            "lou@example.com",
            "finance",
            False,
        )
        assert mail.outbox[-1].to == ["lou@example.com"]
        link = re.search(r"http://127.0.0.1:8000(/\S+)", mail.outbox[-1].body)
        assert Client().get(link[1], follow=True).status_code == 200

    def test_inviting_again_changes_no_role(self, cast: Cast) -> None:
        merchant = cast["cara"].merchant
        with as_network():
            first = team.invite_member(merchant, "lou@example.com", "finance", by="cara")
            again = team.invite_member(merchant, "LOU@example.com", "owner", by="cara")
        assert (again.pk, again.role) == (first.pk, "finance")

    def test_the_only_owner_can_neither_leave_nor_step_down(self, cast: Cast) -> None:
        merchant = cast["cara"].merchant
        with as_network():
            owner = Membership.everyone.get(merchant=merchant)
            with pytest.raises(LastOwner):
                team.remove_member(merchant, owner.pk)
            with pytest.raises(LastOwner):
                team.change_role(merchant, owner.pk, "readonly")
            assert Membership.everyone.get(merchant=merchant).role == "owner"

    def test_another_merchants_member_is_not_found(self, cast: Cast) -> None:
        with as_network():
            stranger = Membership.everyone.get(user=owner_of(cast["alma"]))
            with pytest.raises(NotFound):
                team.remove_member(cast["cara"].merchant, stranger.pk)
            assert Membership.everyone.filter(pk=stranger.pk).exists()


class TestKeys:
    def test_a_key_is_made_shown_once_and_revoked(self, cast: Cast) -> None:
        shop = cast["cara"]
        client = signed_in(cast["cara"])
        page = client.post("/keys/", {"name": "ERP", "shop": shop.pk}).content.decode()
        text = re.search(r"skuu_[\w-]+(?=</code>)", page)[0]
        with as_network():
            key = ApiKey.everyone.get(shop=shop)
        assert key.digest == ApiKey.digest_of(text)
        assert text not in client.get("/keys/").content.decode()
        client.post(f"/keys/{key.pk}/revoke/")
        with as_network():
            key.refresh_from_db()
        assert key.revoked_at is not None

    def test_revoking_twice_keeps_the_first_time(self, cast: Cast) -> None:
        with as_network():
            key, _ = keys.issue_key(cast["cara"], "ERP")
            keys.revoke_key(key)
            key.refresh_from_db()
            first = key.revoked_at
            keys.revoke_key(key)
            key.refresh_from_db()
        assert key.revoked_at == first
