"""What a store has is read whole, by window and by id, and lands in the network's words."""

import datetime as dt

from django.utils import timezone

from network.connectors.base import connector_for


def test_the_first_read_brings_every_product_with_all_its_variants_and_every_level(alma, standin):
    connector = connector_for(alma)
    products_job, levels_job = connector.start_reads()
    import time

    while (job := connector.poll_read(products_job)).status == "running" or (
        levels := connector.poll_read(levels_job)
    ).status == "running":
        time.sleep(0.05)
    products = list(connector.stream_products(job))
    strand = next(one for one in products if one.handle == "strand-sneaker-white")
    assert [(one.sku, one.price_minor, one.grams, one.options) for one in strand.variants] == [
        ("OV1001-100-41", 8995, 700, (("Size", "41"),)),
        ("OV1001-100-42", 8995, 700, (("Size", "42"),)),
        ("OV1001-100-43", 8995, 700, (("Size", "43"),)),
    ]
    items = {one.inventory_item_id for one in strand.variants}
    found = {one.inventory_item_id: one.available for one in connector.stream_levels(levels)}
    assert sorted(found[one] for one in items) == [1, 3, 5]


def test_a_window_and_an_id_bring_the_same_product(alma):
    connector = connector_for(alma)
    since = timezone.now() - dt.timedelta(days=3650)
    by_window = {one.id: one for one in connector.products_since(since)}
    assert connector.read_products(list(by_window)[:3]) == list(by_window.values())[:3]
