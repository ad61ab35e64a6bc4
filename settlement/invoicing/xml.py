"""Elements of two namespaced languages, written in the order their schemas want."""

import datetime as dt
from typing import Any
from xml.etree import ElementTree as ET

from settlement.invoicing.facts import Invoice, Row, Tax
from skuu.kit.money import major


class Writer:
    """Adds elements by prefixed name ("ram:ID") under a node; the prefixes are bound when the writer is made."""

    def __init__(self, root: str, spaces: dict[str, str]) -> None:
        self.spaces = spaces
        for prefix, uri in spaces.items():
            ET.register_namespace(prefix, uri)
        self.root = ET.Element(self._name(root))

    def add(self, node: ET.Element, name: str, text: Any = None, **attributes: str) -> ET.Element:
        """Add one element; dots in the name add the elements between as well, attributes belong to the last."""
        for step in name.split("/"):
            node = ET.SubElement(node, self._name(step))
        node.attrib.update(attributes)
        if text is not None:
            node.text = str(text)
        return node

    def written(self) -> bytes:
        return ET.tostring(self.root, encoding="utf-8", xml_declaration=True)

    def _name(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"{{{self.spaces[prefix]}}}{local}"


def amount(minor: int, invoice: Invoice) -> str:
    return major(minor, invoice.currency)


def percent(of: Row | Tax) -> str:
    """Write basis points as EN 16931 wants a rate: 2000 is 20.00."""
    return f"{of.rate_bp // 100}.{of.rate_bp % 100:02d}"


def compact(day: dt.date) -> str:
    return day.strftime("%Y%m%d")
