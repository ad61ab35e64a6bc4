"""A PDF is looked at from inside: what PDF/A-3b and Factur-X ask of its structure, as far as that can be read off without a validator.

This is no certificate: colours, fonts' glyphs and streams are not proven, only that everything a validator asks for first is there.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from settlement.documents.validate import InvalidDocument

_RELATIONS = {"/Alternative", "/Data", "/Source"}
_ACTIONS = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData"}


def check_pdfa(content: bytes, *, carries: str = "") -> None:
    """Look for what PDF/A-3b demands, and for the file a hybrid invoice ``carries``. Raises InvalidDocument with all that is missing."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    catalog = reader.trailer["/Root"]
    faults = [
        *_file_faults(content, reader),
        *_intent_faults(catalog),
        *_metadata_faults(catalog, hybrid=bool(carries)),
        *_font_faults(reader),
        *(_attachment_faults(catalog, carries) if carries else ()),
    ]
    if faults:
        raise InvalidDocument("; ".join(faults), faults=faults)


def _file_faults(content: bytes, reader: Any) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[0-7][\r\n]+%[\x80-\xff]{4}", content):
        yield "it does not begin as a PDF with binary content"
    if reader.is_encrypted:
        yield "it is encrypted"
    if "/ID" not in reader.trailer:
        yield "its trailer has no ID"
    catalog = reader.trailer["/Root"]
    if "/AA" in catalog or "/JavaScript" in (catalog.get("/Names") or {}):
        yield "it acts by itself"
    action = catalog.get("/OpenAction")
    if action is not None and hasattr(action.get_object(), "get") and action.get_object().get("/S") in _ACTIONS:
        yield "it does something when it is opened"


def _intent_faults(catalog: Any) -> Iterator[str]:
    intents = [one.get_object() for one in catalog.get("/OutputIntents", ())]
    pdfa = [one for one in intents if one.get("/S") == "/GTS_PDFA1"]
    if len(pdfa) != 1:
        yield "it names no output intent for PDF/A"
        return
    profile = pdfa[0].get("/DestOutputProfile")
    if profile is None or profile.get_object().get_data()[36:40] != b"acsp":
        yield "its output intent has no colour profile"


def _metadata_faults(catalog: Any, *, hybrid: bool) -> Iterator[str]:
    metadata = catalog.get("/Metadata")
    if metadata is None:
        yield "it has no XMP metadata"
        return
    xmp = metadata.get_object().get_data().decode("utf-8", "replace")
    if _said(xmp, "pdfaid:part") != "3" or _said(xmp, "pdfaid:conformance") not in {"A", "B", "U"}:
        yield "its metadata do not claim PDF/A-3"
    if hybrid:
        if (
            "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" not in xmp
            or _said(xmp, "fx:DocumentType") != "INVOICE"
        ):
            yield "its metadata do not say that it is a Factur-X invoice"
        if "pdfaExtension:schemas" not in xmp:
            yield "its metadata do not describe the schema they use"


def _said(xmp: str, name: str) -> str:
    """Read a property of XMP, written as an element or as an attribute."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", xmp) or re.search(rf"""{name}=["']([^"']*)["']""", xmp)
    return found[1].strip() if found else ""


def _font_faults(reader: Any) -> Iterator[str]:
    seen: set[str] = set()
    for page in reader.pages:
        fonts = (page.get("/Resources") or {}).get("/Font") or {}
        for font in fonts.values():
            row = font.get_object()
            below = row["/DescendantFonts"][0].get_object() if "/DescendantFonts" in row else row
            descriptor = below.get("/FontDescriptor")
            files = {"/FontFile", "/FontFile2", "/FontFile3"}
            name = str(row.get("/BaseFont", "a font"))
            if row.get("/Subtype") != "/Type3" and (descriptor is None or not files & set(descriptor.get_object())):
                seen.add(name)
    yield from (f"{name} is not embedded" for name in sorted(seen))


def _attachment_faults(catalog: Any, name: str) -> Iterator[str]:
    associated = [one.get_object() for one in catalog.get("/AF", ())]
    spec = next((one for one in associated if name in (one.get("/UF"), one.get("/F"))), None)
    if spec is None:
        yield f"{name} is not among its associated files"
        return
    if spec.get("/AFRelationship") not in _RELATIONS:
        yield f"it does not say how {name} is related to it"
    names = (catalog.get("/Names") or {}).get("/EmbeddedFiles")
    if names is None or name not in [str(one) for one in names.get_object().get("/Names", ())]:
        yield f"{name} is not in its list of files"
    stream = (spec.get("/EF") or {}).get("/F")
    file = stream.get_object() if stream is not None else {}
    if file.get("/Subtype") != "/text/xml" or "/ModDate" not in (file.get("/Params") or {}):
        yield f"{name} has no type or day"
