"""Who signs in lands where their work is."""

import pytest

from network.models import Membership, Merchant, User

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"


def sign_in(client, username):
    return client.post("/accounts/login/", {"login": username, "password": PASSWORD})


def test_staff_land_in_the_back_office(client):
    User.objects.create_user("rea", password=PASSWORD, is_staff=True)
    assert sign_in(client, "rea").headers["Location"] == "/admin/"


def test_a_merchants_people_land_in_the_portal(client):
    user = User.objects.create_user("alma", password=PASSWORD)
    Membership.everyone.create(
        user=user, merchant=Merchant.everyone.create(name="A", legal_name="A B.V.", country="NL")
    )
    assert sign_in(client, "alma").headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/statements/%00/", "/statements/%00/csv/", "/to-ship/%00/", "/to-ship/%00/slip.pdf"])
def test_an_address_with_a_nul_byte_is_nowhere(client, path):
    user = User.objects.create_user("alma", password=PASSWORD)
    Membership.everyone.create(
        user=user, merchant=Merchant.everyone.create(name="A", legal_name="A B.V.", country="NL")
    )
    client.force_login(user)
    assert client.get(path).status_code == 404
