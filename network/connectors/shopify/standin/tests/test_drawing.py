"""Pictures are safe to serve and differ by shape and colour."""

from xml.etree import ElementTree

import pytest

from network.connectors.shopify.standin.drawing import SHAPES, draw

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("shape", [*SHAPES, "submarine", ""])
def test_every_shape_is_a_square_picture_in_its_colour(shape: str) -> None:
    picture = draw(shape, "#3f6ea8", "Ravn Sneaker")
    root = ElementTree.fromstring(picture)  # noqa: S314  our own output
    assert root.tag == f"{SVG}svg"
    assert root.attrib["viewBox"] == "0 0 600 600"
    assert root.findtext(f"{SVG}title") == "Ravn Sneaker"
    assert b"#3f6ea8" in picture


@pytest.mark.parametrize("shape", [*SHAPES, "submarine"])
def test_nothing_runs_and_nothing_is_fetched(shape: str) -> None:
    picture = draw(shape, "#3f6ea8", 'x"><script>alert(1)</script>')
    root = ElementTree.fromstring(picture)  # noqa: S314
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "rect", "g", "path", "ellipse", "circle",
    }  # fmt: skip
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}
    assert b"url(" not in picture


def test_a_label_is_escaped_and_kept() -> None:
    picture = draw("bag", "#b5382f", 'Sac <Noir> & "Été" ✨\x00\x0b')
    assert ElementTree.fromstring(picture).findtext(f"{SVG}title") == 'Sac <Noir> & "Été" ✨'  # noqa: S314


@pytest.mark.parametrize("colour", ["", "red", "#12345", "#12345g", '#123456"/><script>', "#123456\n"])
def test_a_colour_that_is_none_becomes_grey(colour: str) -> None:
    assert draw("shoe", colour, "Ravn") == draw("shoe", "#9aa0a6", "Ravn")


def test_shapes_and_colours_give_different_pictures() -> None:
    assert len({draw(shape, colour, "x") for shape in SHAPES for colour in ("#000000", "#f2efe8")}) == 2 * len(SHAPES)
