"""Real catalogues, wherever their folder exists: every identifier is read, every known oddity is noticed."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from catalog.matching.engine import decide_batch
from catalog.matching.normalising import Normalised, VariantIn, normalise

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "matching" / "catalogues"
FILES = sorted(FOLDER.glob("*_variants.csv")) if FOLDER.is_dir() else []
pytestmark = pytest.mark.catalogues
__test__ = bool(FILES)


def read(file: Path, shop: int) -> list[Normalised]:
    """The catalogue as one shop's variants."""
    with file.open(encoding="utf-8") as lines:
        return [_row(line, 10_000 * shop + place, shop) for place, line in enumerate(csv.DictReader(lines))]


def _row(line: dict[str, str], number: int, shop: int) -> Normalised:
    if "gtin" in line:
        return normalise(
            VariantIn(
                number,
                shop,
                line["style_colour"] or "none",
                line["name"],
                line["brand"] or "Nike",
                sku=line["sku"],
                barcode=line["gtin"],
                article_code=line["style_colour"],
                size=f"US {line['size_us']}",
                gender=line["genders"].replace("|", " "),
            )  # fmt: skip
        )
    return normalise(
        VariantIn(
            number,
            shop,
            line["product_id"],
            line["name"].replace("_", " "),
            line["brand"],
            product_type=line["sub_category"],
            barcode=line["barcode"],
            article_code=line["code"],
            size=line["size"],
            colour=line["bicolors"] or line["colour"],
            gender=line["gender"],
        )  # fmt: skip
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_barcode_is_read(file):
    rows = read(file, 1)
    counts = Counter(row.gtin.status for row in rows)
    expected = {"nike_variants": {"clean": 349}, "fourteen_shoe_brands_variants": {"clean": 1081, "bad_check": 1}}
    assert counts == expected[file.stem]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_catalogue_in_two_shops_meets_itself_except_for_its_oddities(file):
    rows = read(file, 1) + read(file, 2)
    batch = decide_batch(rows, titles=False)
    oddities = {"nike_variants": 0, "fourteen_shoe_brands_variants": 3}[file.stem]
    assert len(batch.ambiguous) == oddities
    linked = [link for link in batch.links if link.status == "linked"]
    pairs = Counter(link.item for link in linked)
    assert set(pairs.values()) == {2}
    mirror = {link.id % 10_000: link.item for link in linked if link.id < 20_000}
    assert all(mirror[link.id % 10_000] == link.item for link in linked)
    assert len(rows) - len(linked) <= 2 * (2 * oddities + 1)
