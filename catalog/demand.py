"""Remember what shoppers wanted and whether the network could serve it."""

from typing import Any

from catalog.models import Demand, Match, Variant


def record_demand(shop: Any, variant: Variant, key: str, units: int, country: str, outcome: str) -> None:
    """Count a wish (``outcome`` served or lost) under the reporter's own key; no units take it back.

    *Again*: counted once, the last units and outcome stand.
    """
    if not units:
        Demand.objects.filter(key=key).delete()
        return
    item_id = Match.objects.filter(variant=variant, status="linked").values_list("item_id", flat=True).first()
    Demand.objects.update_or_create(
        key=key,
        defaults={"outcome": outcome, "units": units},
        create_defaults={
            "shop": shop,
            "variant": variant,
            "item_id": item_id,
            "units": units,
            "country": country[:2],
            "outcome": outcome,
        },
    )
