"""How a shop sends: what it may not say is refused, and nothing is changed then."""

import datetime as dt

import pytest

from network.models import Merchant, SendingTerms, Shop
from network.sending import MOST_CLOSED, BadTerms, change_sending, sending_of

SAID = {"services": [], "zones": {}, "cutoff_hour": 15, "handling_days": 0, "capacity": None, "by": "alma"}


@pytest.mark.django_db
def test_sixty_closed_days_are_kept_and_one_more_is_refused():
    merchant = Merchant.everyone.create(name="Alma", legal_name="Alma BV", country="NL", email="alma@example.com")
    shop = Shop.everyone.create(merchant=merchant, domain="alma.myshopify.com", name="Alma", country="NL")
    days = [dt.date(2026, 12, 1) + dt.timedelta(days=number) for number in range(MOST_CLOSED + 1)]
    change_sending(shop, closed_on=[*days[:-1], days[0]], **SAID)  # a day named twice is one
    assert sending_of([shop])[shop.pk].closed_on == frozenset(days[:-1])
    with pytest.raises(BadTerms, match="60 closed days at most"):
        change_sending(shop, closed_on=days, **SAID)
    (stands,) = SendingTerms.everyone.all()
    assert (stands.version, len(stands.closed_on)) == (1, MOST_CLOSED)
