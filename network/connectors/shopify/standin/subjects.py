"""Every module that enters answers; importing this one makes them all known."""

from network.connectors.shopify.standin import (
    bulk,
    catalogue,
    editing,
    fulfilment,
    fulfilment_reading,
    inventory,
    metafields,
    moving,
    order_reading,
    orders,
    returning,
    shelf,
    shipping,
    shop,
    staff,
    webhooks,
)

ALL = (
    bulk, catalogue, editing, fulfilment, fulfilment_reading, inventory, metafields, moving, order_reading, orders, returning, shelf,
    shipping, shop, staff, webhooks,
)  # fmt: skip
