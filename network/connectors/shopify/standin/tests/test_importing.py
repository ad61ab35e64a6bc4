"""Reading files as shops really send them: every row is used, or counted and named."""

from pathlib import Path

import pytest

from network.connectors.shopify.standin.importing import (
    Import,
    Problem,
    default_quantity,
    read_export,
    read_identifiers,
)
from skuu.kit.errors import NotPossible

ROOT = Path(__file__).parents[5]
CATALOGUES = ROOT.parent / "shared" / "data" / "matching" / "catalogues"

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,"
    "Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,"
    "Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Status"
)
COLUMNS = HEADER.split(",")
SHIRT = {
    "Handle": "linden-shirt",
    "Title": "Linden Shirt",
    "Vendor": "Oever",
    "Option1 Name": "Size",
    "Option1 Value": "S",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "4",
    "Variant Price": "59.95",
}


def _line(columns: list[str] = COLUMNS, **cells: str) -> str:
    named = {key.replace("_", " "): value for key, value in cells.items()}
    return ",".join('"' + named.get(column, "").replace('"', '""') + '"' for column in columns)


def _row(**changes: str) -> str:
    return _line(**{key.replace(" ", "_"): value for key, value in {**SHIRT, **changes}.items()})


def _more(**changes: str) -> str:
    """Write a continuation row: the same handle, no title, no option names."""
    return _row(**{"Title": "", "Option1 Name": "", "Vendor": "", **changes})


def _read(tmp_path: Path, *lines: str, header: str = HEADER, **options: object) -> Import:
    path = tmp_path / "products.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    found = read_export(path, **options)  # type: ignore[arg-type]
    assert found.rows == found.used_variant_rows + found.image_only_rows + len(found.problems)
    assert found.used_variant_rows == sum(len(product.variants) for product in found.products)
    return found


class TestProducts:
    def test_continuation_rows_become_variants_of_one_product(self, tmp_path: Path) -> None:
        found = _read(tmp_path, _row(), _more(**{"Option1 Value": "M", "Variant Inventory Qty": "0"}))
        (shirt,) = found.products
        assert (shirt.title, shirt.vendor, shirt.handle) == ("Linden Shirt", "Oever", "linden-shirt")
        assert shirt.option_names == ("Size",)
        assert [(v.options, v.price, v.stock) for v in shirt.variants] == [
            (("S",), "59.95", (4,)),
            (("M",), "59.95", (0,)),
        ]
        assert (found.rows, found.used_variant_rows, found.image_only_rows) == (2, 2, 0)
        assert found.problems == found.remarks == ()

    def test_rows_of_one_handle_belong_together_wherever_they_stand(self, tmp_path: Path) -> None:
        other = _row(Handle="tas", Title="Tas", **{"Option1 Name": "Title", "Option1 Value": "Default Title"})
        found = _read(tmp_path, _row(), other, _more(**{"Option1 Value": "M"}))
        assert [(p.handle, len(p.variants)) for p in found.products] == [("linden-shirt", 2), ("tas", 1)]
        assert found.products[1].option_names == ("Title",)
        assert found.products[1].variants[0].options == ("Default Title",)

    def test_three_options_are_kept_in_order(self, tmp_path: Path) -> None:
        first = {"Option1 Name": "Colour", "Option1 Value": "Blue", "Option2 Name": "Waist", "Option2 Value": "32"}
        found = _read(
            tmp_path,
            _row(**first, **{"Option3 Name": "Length", "Option3 Value": "34"}),
            _more(**{"Option1 Value": "Blue", "Option2 Value": "32", "Option3 Value": "32"}),
        )
        assert found.products[0].option_names == ("Colour", "Waist", "Length")
        assert [v.options for v in found.products[0].variants] == [("Blue", "32", "34"), ("Blue", "32", "32")]

    def test_rows_with_only_a_picture_are_counted_apart(self, tmp_path: Path) -> None:
        picture = _line(Handle="linden-shirt", Image_Src="https://cdn.example/2.jpg", Image_Position="2")
        found = _read(tmp_path, _row(**{"Image Src": "https://cdn.example/1.jpg"}), picture)
        assert (found.used_variant_rows, found.image_only_rows) == (1, 1)
        assert found.products[0].image_url == "https://cdn.example/1.jpg"

    def test_body_tags_and_status_are_read(self, tmp_path: Path) -> None:
        body = '<p>Soft,\n"brushed" <em>cotton</em> ✨</p>'
        found = _read(
            tmp_path,
            _row(**{"Body (HTML)": body, "Tags": "men, shirt ,", "Status": "archived"}),
            _row(Handle="b", Status="", Published="false"),
            _row(Handle="c", Status="asleep"),
        )
        assert found.products[0].body_html == body
        assert found.products[0].tags == ("men", "shirt")
        assert [product.status for product in found.products] == ["ARCHIVED", "DRAFT", "DRAFT"]
        assert found.remarks == (Problem(4, "c", "the status 'ASLEEP' is unknown; the product is taken as a draft"),)

    def test_missing_option_names_and_double_names_are_told_apart(self, tmp_path: Path) -> None:
        found = _read(
            tmp_path,
            _row(**{"Option1 Name": ""}),
            _row(Handle="b", **{"Option2 Name": "size", "Option2 Value": "32"}),
            _row(Handle="c", **{"Option1 Name": "", "Option1 Value": ""}),
        )
        assert [product.option_names for product in found.products] == [("Option 1",), ("Size", "size 2"), ("Title",)]
        assert found.products[2].variants[0].options == ("Default Title",)


class TestCells:
    @pytest.mark.parametrize(
        ("written", "price"),
        [
            ("59.95", "59.95"),
            ("59,95", "59.95"),
            ("1.299,00", "1299.00"),
            ("1,299.00", "1299.00"),
            ("1,299", "1299.00"),
            ("1 299.5", "1299.50"),
            ("0", "0.00"),
            (".5", "0.50"),
            ("12.345", "12.35"),
        ],
    )
    def test_prices_are_read_as_written_anywhere_in_europe(self, tmp_path: Path, written: str, price: str) -> None:
        found = _read(tmp_path, _row(**{"Variant Price": written}))
        assert found.products[0].variants[0].price == price

    def test_a_currency_without_cents_has_none(self, tmp_path: Path) -> None:
        found = _read(tmp_path, _row(**{"Variant Price": "1299.00"}), price_currency="JPY")
        assert found.products[0].variants[0].price == "1299"

    @pytest.mark.parametrize("written", ["abc", "-5", "NaN", "1e9", "Infinity", "€ 5", "٣", "999999999999", "1.2.3"])
    def test_a_price_that_is_none_is_named_and_the_rest_goes_on(self, tmp_path: Path, written: str) -> None:
        found = _read(tmp_path, _row(**{"Variant Price": written}), _more(**{"Option1 Value": "M"}))
        assert found.problems == (Problem(2, "linden-shirt", f"the price {written!r} is not an amount"),)
        assert [v.options for v in found.products[0].variants] == [("M",)]

    @pytest.mark.parametrize(
        ("written", "quantity", "remarked"),
        [
            ("", 0, False),
            ("12", 12, False),
            ("12.0", 12, False),
            ("+3", 3, False),
            ("-5", -5, True),
            ("many", 0, True),
            ("2.5", 0, True),
            ("9999999999", 0, True),
        ],
    )
    def test_quantities_that_are_odd_are_remarked(
        self, tmp_path: Path, written: str, quantity: int, remarked: bool
    ) -> None:
        found = _read(tmp_path, _row(**{"Variant Inventory Qty": written}), location_count=2)
        assert found.products[0].variants[0].stock == (quantity, 0)
        assert [(remark.row, remark.handle) for remark in found.remarks] == [(2, "linden-shirt")] * remarked

    def test_apostrophes_before_numbers_are_dropped(self, tmp_path: Path) -> None:
        found = _read(tmp_path, _row(**{"Variant SKU": "'00123", "Variant Barcode": "'9520000010003"}))
        assert found.products[0].variants[0].sku == "00123"
        assert found.products[0].variants[0].barcode == "9520000010003"

    def test_policy_tracker_shipping_weight_and_old_price(self, tmp_path: Path) -> None:
        found = _read(
            tmp_path,
            _row(
                **{
                    "Variant Inventory Policy": "continue",
                    "Variant Inventory Tracker": "",
                    "Variant Requires Shipping": "false",
                    "Variant Grams": "349.6",
                    "Variant Compare At Price": "79,95",
                }
            ),
            _more(**{"Option1 Value": "M", "Variant Grams": "heavy", "Variant Compare At Price": "soon"}),
        )
        first, second = found.products[0].variants
        assert (first.continue_selling, first.tracked, first.requires_shipping) == (True, False, False)
        assert (first.grams, first.compare_at) == (350, "79.95")
        assert (second.continue_selling, second.tracked, second.requires_shipping) == (False, True, True)
        assert (second.grams, second.compare_at) == (0, None)
        assert [remark.what for remark in found.remarks] == [
            "the compare-at price 'soon' is not an amount and was left out",
            "the weight 'heavy' is not a number of grams and was left out",
        ]

    def test_without_a_quantity_column_each_row_gets_its_own_lasting_figure(self, tmp_path: Path) -> None:
        header = "Title,Handle,Variant Price,Option1 Value"
        lines = [f"Linden Shirt,linden,59.95,{size}" for size in ("S", "M", "L", "XL")]
        once, again = (_read(tmp_path, *lines, header=header) for _ in range(2))
        other = _read(tmp_path, *lines, header=header, salt="another shop")
        assert once == again
        assert [v.stock[0] for v in once.products[0].variants] == [
            default_quantity("", "linden", size) for size in ("S", "M", "L", "XL")
        ]
        assert once != other
        assert all(v.tracked for v in once.products[0].variants)


class TestRowsThatCannotBeUsed:
    def test_each_is_named_with_its_row_and_what_is_wrong(self, tmp_path: Path) -> None:
        header = HEADER + ",Option4 Value"
        found = _read(
            tmp_path,
            _row(),
            _more(),  # the same size again
            _more(**{"Option1 Value": "s"}),  # and in small letters
            _more(**{"Option1 Value": ""}),
            _more(**{"Option1 Value": "M", "Variant Price": ""}),
            _more(**{"Option1 Value": "L"}) + ",metal",
            _row(Handle=""),
            _line(),
            _line(Handle="linden-shirt"),
            _line(Handle="nobody", Image_Src="https://cdn.example/x.jpg"),
            _more(Handle="untitled"),
            _more(**{"Option1 Value": "XL"}) + ",,surplus",
            header=header,
        )
        assert [(problem.row, problem.handle, problem.what) for problem in found.problems] == [
            (3, "linden-shirt", "the options S stand in an earlier row of this product"),
            (4, "linden-shirt", "the options s stand in an earlier row of this product"),
            (5, "linden-shirt", "no value for option 1, which other rows of the product have"),
            (6, "linden-shirt", "the price is missing"),
            (7, "linden-shirt", "more than 3 options"),
            (8, "", "the handle is missing"),
            (9, "", "the row is empty"),
            (10, "linden-shirt", "neither a variant nor a picture"),
            (11, "nobody", "a picture of a product that the file does not contain"),
            (12, "untitled", "the product has no title in any of its rows"),
            (13, "linden-shirt", "more cells than the header has columns: a comma stands outside quotes"),
        ]
        assert (found.rows, found.used_variant_rows, found.image_only_rows) == (12, 1, 0)

    def test_more_variants_than_shopify_allows_are_named(self, tmp_path: Path) -> None:
        rows = [_more(**{"Option1 Value": str(number)}) for number in range(2049)]
        found = _read(tmp_path, _row(), *rows)
        assert found.used_variant_rows == 2048
        assert [problem.row for problem in found.problems] == [2050, 2051]
        assert found.problems[0].what == "the product has more than 2048 variants"


class TestFiles:
    def _bytes(self, tmp_path: Path, raw: bytes, name: str = "products.csv") -> Import:
        path = tmp_path / name
        path.write_bytes(raw)
        return read_export(path)

    @pytest.mark.parametrize(
        ("encoding", "prefix"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16", b""), ("cp1252", b"")]
    )
    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    def test_encodings_and_line_ends(self, tmp_path: Path, encoding: str, prefix: bytes, ending: str) -> None:
        text = ending.join((HEADER, _row(Title="Écharpe Größe"), _more(**{"Option1 Value": "M"})))
        found = self._bytes(tmp_path, prefix + text.encode(encoding))
        assert found.products[0].title == "Écharpe Größe"
        assert (found.rows, found.used_variant_rows) == (2, 2)
        assert len(found.remarks) == (encoding == "cp1252")

    @pytest.mark.parametrize("delimiter", [";", "\t", "|"])
    def test_other_delimiters_and_column_orders(self, tmp_path: Path, delimiter: str) -> None:
        rows = [["Variant Price", " TITLE ", "handle", "Option1 Value"], ['"59,95"', "Linden", "linden", "M"]]
        found = self._bytes(tmp_path, "\n".join(delimiter.join(row) for row in rows).encode())
        assert found.products[0].variants[0].price == "59.95"
        assert found.products[0].variants[0].options == ("M",)

    def test_the_newer_column_names_mean_the_same(self, tmp_path: Path) -> None:
        header = (
            "Title,URL handle,Price,SKU,Barcode,Inventory quantity,Continue selling when out of stock,Option1 value"
        )
        found = _read(tmp_path, "Linden,linden,59.95,L-1,9520000010003,7,CONTINUE,M", header=header)
        variant = found.products[0].variants[0]
        assert (variant.sku, variant.barcode, variant.stock) == ("L-1", "9520000010003", (7,))
        assert variant.continue_selling

    def test_nul_bytes_are_dropped_and_reported(self, tmp_path: Path) -> None:
        found = self._bytes(tmp_path, f"{HEADER}\n{_row(Title='Lin' + chr(0) + 'den')}\n".encode())
        assert found.products[0].title == "Linden"
        assert [remark.what for remark in found.remarks] == ["1 NUL bytes were dropped."]

    def test_a_very_long_cell_is_read_whole(self, tmp_path: Path) -> None:
        found = _read(tmp_path, _row(**{"Body (HTML)": "x" * 3_000_000}))
        assert len(found.products[0].body_html) == 3_000_000

    def test_blank_lines_are_no_rows(self, tmp_path: Path) -> None:
        found = _read(tmp_path, "", _row(), "", "")
        assert (found.rows, found.used_variant_rows) == (1, 1)

    def test_a_header_alone_gives_nothing(self, tmp_path: Path) -> None:
        assert _read(tmp_path) == Import((), 0, 0, 0, (), ())

    @pytest.mark.parametrize(
        ("raw", "code", "says"),
        [
            (b"", "empty_file", "is empty"),
            (b"\xef\xbb\xbf\r\n  \n", "empty_file", "is empty"),
            (b"\x89PNG\r\n\x1a\n" + bytes(200), "not_a_csv", "a PNG picture"),
            (b"\xff\xd8\xff\xe0" + bytes(200), "not_a_csv", "a JPEG picture"),
            (b"PK\x03\x04" + bytes(200), "not_a_csv", "an Excel workbook"),
            (bytes(range(32)) * 50, "not_a_csv", "something other than text"),
            (b"name,price\nLinden,5\n", "not_an_export", "no column Handle, Title"),
            (b"hello", "not_an_export", "no column Handle, Title, Variant Price"),
            (HEADER.encode() + b'\nlinden,"Lin\nden,5\n', "quote_not_closed", "never closed"),
        ],
    )
    def test_what_is_no_export_is_refused_with_what_to_do(
        self, tmp_path: Path, raw: bytes, code: str, says: str
    ) -> None:
        with pytest.raises(NotPossible, match=says) as refused:
            self._bytes(tmp_path, raw)
        assert refused.value.code == code
        assert "Export" in refused.value.message

    def test_a_quote_inside_a_cell_does_not_stop_the_reading(self, tmp_path: Path) -> None:
        found = _read(tmp_path, 'linden,"Linden "the" Shirt",5', header="Handle,Title,Variant Price")
        assert found.used_variant_rows == 1
        assert "Shirt" in found.products[0].title


class TestArticleLists:
    WHOLESALE = "product_id,brand,name,code,colour,gender,sub_category,price,barcode,size,qty"
    BRAND_SHOP = "brand,name,style_colour,genders,category,price,size_us,gtin"

    def _list(self, tmp_path: Path, *lines: str, salt: str = "") -> Import:
        path = tmp_path / "list.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        found = read_identifiers(path, salt=salt)
        assert found.rows == found.used_variant_rows + len(found.problems)
        return found

    def test_a_wholesale_list_becomes_a_product_for_each_article(self, tmp_path: Path) -> None:
        found = self._list(
            tmp_path,
            self.WHOLESALE,
            "1,Vesterly,Tern,VE1206-045,Blue,Men,Sneakers,89,9520000010003,EU 42,3",
            ",,,,,,,89,9520000010010,EU 43,0",
            "2,Vesterly,Tern,VE1206-001,Black,Men,Sneakers,abc,9520000010027,EU 42,1",
            "2,Vesterly,Tern,VE1206-001,Black,Men,Sneakers,89,9520000010034,EU 43,1",
            "2,Vesterly,Tern,VE1206-001,Black,Men,Sneakers,89,9520000010041,EU 43,1",
        )
        blue, black = found.products
        assert (blue.title, blue.vendor, blue.option_names, blue.tags) == (
            "Tern",
            "Vesterly",
            ("Colour", "Size"),
            ("men",),
        )
        assert [(v.options, v.sku, v.barcode) for v in blue.variants] == [
            (("Blue", "EU 42"), "VE1206-045", "9520000010003"),
            (("Blue", "EU 43"), "VE1206-045", "9520000010010"),
        ]
        assert len(black.variants) == 1
        assert [(problem.row, problem.what) for problem in found.problems] == [
            (4, "the price 'abc' is not an amount"),
            (6, "the colour and size stand in an earlier row of this article"),
        ]

    def test_a_brand_shop_list_names_colours_by_code_and_sizes_in_us(self, tmp_path: Path) -> None:
        found = self._list(
            tmp_path,
            self.BRAND_SHOP,
            ",,,,,159000,8,09520000010003",
            "Vesterly,TERN,VE1206-045,MEN|WOMEN,FOOTWEAR,159000,8,09520000010010",
        )
        nameless, tern = found.products
        assert (nameless.title, nameless.vendor) == ("Article without a name", "")
        assert tern.variants[0].options == ("045", "US 8")
        assert tern.variants[0].price == "106.00"
        assert tern.tags == ("men", "women")
        assert [product.handle for product in found.products] == ["article-without-a-name", "tern-ve1206-045"]

    def test_two_salts_give_two_stocks_of_the_same_articles(self, tmp_path: Path) -> None:
        lines = [f"1,V,Tern,VE1-045,Blue,Men,S,89,,EU {size},1" for size in range(36, 48)]
        one = self._list(tmp_path, self.WHOLESALE, *lines, salt="one").products[0]
        two = self._list(tmp_path, self.WHOLESALE, *lines, salt="two").products[0]
        assert [v.options for v in one.variants] == [v.options for v in two.variants]
        assert [v.stock for v in one.variants] != [v.stock for v in two.variants]

    def test_another_table_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(NotPossible, match="no article list") as refused:
            self._list(tmp_path, "a,b", "1,2")
        assert refused.value.code == "not_an_article_list"


# products, rows, used, pictures; the files are real, nobody's to copy, and read wherever the folder is.
REAL_EXPORTS = {
    "shopify_export_football.csv": (321, 1629, 1565, 64),
    "shopify_export_womenswear.csv": (29, 923, 882, 41),
    "shopify_export_sample_apparel.csv": (20, 22, 22, 0),
}
REAL_LISTS = {"nike_variants.csv": (24, 349), "fourteen_shoe_brands_variants.csv": (200, 1082)}


if CATALOGUES.is_dir():

    @pytest.mark.catalogues
    @pytest.mark.parametrize("path", [CATALOGUES / name for name in REAL_EXPORTS], ids=lambda path: path.stem)
    def test_real_exports_lose_no_row(path: Path) -> None:
        found = read_export(path)
        assert found.rows == found.used_variant_rows + found.image_only_rows + len(found.problems)
        assert (len(found.products), found.rows, found.used_variant_rows, found.image_only_rows) == REAL_EXPORTS[
            path.name
        ]
        assert found.problems == found.remarks == ()
        assert not any(v.sku.startswith("'") or v.barcode.startswith("'") for p in found.products for v in p.variants)

    @pytest.mark.catalogues
    @pytest.mark.parametrize("path", [CATALOGUES / name for name in REAL_LISTS], ids=lambda path: path.stem)
    def test_real_article_lists_lose_no_row(path: Path) -> None:
        found = read_identifiers(path, salt="one")
        assert found.problems == ()
        assert (len(found.products), found.used_variant_rows) == REAL_LISTS[path.name]
        assert all(variant.barcode and variant.options[1] for product in found.products for variant in product.variants)
