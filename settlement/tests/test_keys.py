"""Keys are rotated where nothing else may change."""

import pytest
from django.db import DatabaseError, connection, transaction

from network.rotate import rotate_keys
from settlement.dispute import open_dispute
from settlement.models import DisputeMessage
from settlement.settle import post_shipped
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db


def test_what_was_said_in_a_dispute_survives_new_keys_and_does_not_change():
    alma, bruno = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno"))
    sale = make_internal_order(bruno, alma)
    post_shipped()
    row = open_dispute(sale, merchant=bruno.merchant, reason="faulty", amount=None, text="Torn", by="bruno")
    assert rotate_keys()["settlement_disputemessage.text"] == 1
    assert DisputeMessage.everyone.get(dispute=row).text == "Torn"
    for change in ("by = 'alma'", "file = 'x'", "said_at = now()"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"update settlement_disputemessage set {change}")  # noqa: S608 - the texts above
