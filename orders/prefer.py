"""What a selling shop prefers when several partners could ship: chosen by its people, version by version."""

from django.db import transaction

from network.models import Shop
from orders.models import RoutingPolicy
from orders.routing import DEFAULT_POLICY
from skuu.kit.errors import NotPossible


def policy_of(shop: Shop) -> tuple[str, int]:
    """Name a selling shop's policy and its version; 0 is the network's own."""
    row = RoutingPolicy.everyone.filter(shop=shop).order_by("-version").first()
    return (row.policy, row.version) if row else (DEFAULT_POLICY, 0)


def prefer_policy(shop: Shop, policy: str, *, by: str) -> RoutingPolicy | None:
    """Choose how partners are chosen for a shop's orders from now on; past decisions keep what they were made by.

    *Locks* the shop. *Again*, with the policy that stands: no new version, None. *Raises* NotPossible ``unknown_policy``.
    """
    if policy not in RoutingPolicy.NAMES:
        raise NotPossible("Choose one of the policies.", code="unknown_policy")
    with transaction.atomic():
        Shop.everyone.select_for_update().get(pk=shop.pk)
        stands, version = policy_of(shop)
        if policy == stands:
            return None
        return RoutingPolicy.everyone.create(shop=shop, version=version + 1, policy=policy, made_by=by[:150])
