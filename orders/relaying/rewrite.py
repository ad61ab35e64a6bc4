"""A mail written anew under other addresses: what it says is kept; who wrote it, when it went where and to whom is not.

Nothing of the old mail is passed on but what is named here: subject, date, language, texts, attachments and their names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import EmailMessage, Message, MIMEPart
from email.parser import BytesParser
from email.utils import format_datetime, formataddr, getaddresses, parsedate_to_datetime
from typing import Any

from orders.relaying.hide import Hider

DEEPEST, MOST_PARTS = 20, 500
LONGEST_WORDS, LONGEST_NAME, LONGEST_ADDRESS = 300, 120, 254
LEFT_OUT = "[Something was left out here: it says who wrote this.]"
# signatures, keys and lists of headers tell who wrote, whatever they are replaced by
TELLING = re.compile(r"application/(x-)?(pgp|pkcs)|text/rfc822-headers|message/(?!rfc822$)")
WRITERS = ("From", "Sender", "Reply-To", "Return-Path", "Resent-From", "X-Original-From")
ADDRESS = re.compile(r"[^@\s<>,;:\\\"()\[\]\x00-\x1f\x7f]+@[^@\s<>,;:\\\"()\[\]\x00-\x1f\x7f]+")
TOKEN = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")
LANGUAGES = re.compile(r"[A-Za-z][A-Za-z, -]{0,60}")
# what the library raises over mails that keep no rule
ODD = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, HeaderParseError)


class OddMail(Exception):
    """This mail keeps so few rules that it cannot be written anew."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Under which name and addresses a mail goes on, and what may be read nowhere in it."""

    name: str
    sender: str
    to: str
    hider: Hider

    @property
    def from_words(self) -> str:
        return formataddr((self.hider.clean(self.name), self.sender))


def read_mail(raw: bytes) -> "Message[str, str]":
    """Read a mail as forgivingly as it can be read. Raises OddMail when it is folded into itself without end."""
    try:
        return BytesParser().parsebytes(raw)
    except ODD as error:
        raise OddMail(type(error).__name__) from None


def header_of(message: "Message[str, str]", name: str) -> str:
    """Read a header as one line of text, whatever it is written in; empty when it is not there."""
    return next((_decoded(raw) for raw in _raw_headers(message, name)), "")


def writers_of(message: "Message[str, str]") -> list[str]:
    """List the addresses under which somebody says to have written a mail, the one it is from first."""
    found: dict[str, None] = {}
    for name in WRITERS:
        for raw in _raw_headers(message, name):
            said = [address for _, address in getaddresses([raw])] + ADDRESS.findall(_decoded(raw))
            found |= {one: None for one in said if ADDRESS.fullmatch(one) and len(one) <= LONGEST_ADDRESS}
    return list(found)


def name_of(message: "Message[str, str]") -> str:
    """Read the name under which a mail was written."""
    pairs = getaddresses(list(_raw_headers(message, "From"))[:1])
    return _decoded(pairs[0][0])[:LONGEST_NAME] if pairs else ""


def rewrite_mail(message: "Message[str, str]", cover: Cover) -> EmailMessage:
    """Write a mail anew under other addresses. Raises OddMail when that cannot be done, or one of them would still be read."""
    try:
        made = EmailMessage()
        _copy(message, made, cover.hider, [MOST_PARTS], 0)
        _title(message, made, cover.hider)
        if "MIME-Version" not in made:
            made["MIME-Version"] = "1.0"
        made["From"], made["To"], made["Reply-To"] = cover.from_words, cover.to, cover.sender
        tells = cover.hider.finds_in(made.as_bytes())
    except ODD as error:
        raise OddMail(type(error).__name__) from None
    if tells:
        raise OddMail("names an address")
    return made


# --- headers ----------------------------------------------------------------------------------------------------------
def _raw_headers(message: "Message[str, str]", name: str) -> Iterator[str]:
    for known, value in message.raw_items():
        if known.lower() == name.lower():
            yield str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(text: str) -> str:
    """Read words that are encoded, encoded again or written in no known way; the end is one line that holds none."""
    for _ in range(3):
        try:
            parts = decode_header(text)
        except (HeaderParseError, ValueError):
            break
        read = "".join(one if isinstance(one, str) else _text(one, way or "raw-unicode-escape") for one, way in parts)
        if read == text:
            break
        text = read
    return _line(text.replace("=?", "= ?"))


def _line(text: str) -> str:
    """Make one line of what can be printed."""
    whole = text.encode("utf-8", "replace").decode()
    return " ".join("".join(one if one.isprintable() else " " for one in whole).split())


def _title(old: "Message[str, str]", made: EmailMessage, hider: Hider) -> None:
    """Keep of a mail's headers what says nobody's name: subject, date and language."""
    if subject := hider.clean(header_of(old, "Subject"))[:LONGEST_WORDS]:
        made["Subject"] = subject
    try:
        made["Date"] = format_datetime(parsedate_to_datetime(header_of(old, "Date")))
    except ODD:
        del made["Date"]
    language = header_of(old, "Content-Language")
    if LANGUAGES.fullmatch(language):
        made["Content-Language"] = language


# --- content ----------------------------------------------------------------------------------------------------------
def _copy(old: "Message[str, str]", made: MIMEPart, hider: Hider, left: list[int], depth: int) -> None:
    """Copy a part with all that is in it."""
    left[0] -= 1
    if left[0] < 0 or depth > DEEPEST:
        raise OddMail("too many parts")
    kind = old.get_content_type()
    inner: Any = old.get_payload()
    coded = header_of(old, "Content-Transfer-Encoding").lower() in ("base64", "quoted-printable", "x-uuencode")
    if TELLING.match(kind) or (isinstance(inner, list) and coded):
        made.set_content(LEFT_OUT)
    elif isinstance(inner, list) and kind == "message/rfc822":
        _copy_forwarded(inner, made, hider, left, depth)
    elif isinstance(inner, list):
        way = old.get_content_subtype()
        made["Content-Type"] = f"multipart/{way if way in ('alternative', 'related') else 'mixed'}"
        for each in inner:
            part = MIMEPart()
            _copy(each, part, hider, left, depth + 1)
            made.attach(part)
    else:
        _copy_leaf(old, made, hider)


def _copy_forwarded(
    inner: "list[Message[str, str]]", made: MIMEPart, hider: Hider, left: list[int], depth: int
) -> None:
    """Copy a mail inside the mail: what it says, and of its headers no more than of the outer one's."""
    forwarded = EmailMessage()
    _copy(inner[0], forwarded, hider, left, depth + 1)
    _title(inner[0], forwarded, hider)
    made.set_content(forwarded)


def _copy_leaf(old: "Message[str, str]", made: MIMEPart, hider: Hider) -> None:
    content = old.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    kind, way = old.get_content_maintype(), old.get_content_subtype()
    if kind in ("text", "multipart", "message"):
        text = _text(content, _charset(old)).replace("\0", "")
        way = way if kind == "text" and TOKEN.fullmatch(way) else "plain"
        made.set_content(hider.clean(text), subtype=way, **_place(old, hider))
    elif hider.finds_in(content):
        made.set_content(LEFT_OUT)
    else:
        known = TOKEN.fullmatch(kind) and TOKEN.fullmatch(way)
        kind, way = (kind, way) if known else ("application", "octet-stream")
        made.set_content(content, maintype=kind, subtype=way, **_place(old, hider))


def _place(old: "Message[str, str]", hider: Hider) -> dict[str, Any]:
    """Say where a part stands: in the text or beside it, under which name, and by which mark the text shows it."""
    try:
        name = _decoded(old.get_filename() or "")
        beside = old.get_content_disposition() == "attachment"
    except ODD:
        name, beside = "", True
    found: dict[str, Any] = {}
    if name or beside:
        found["disposition"] = "attachment" if beside else "inline"
    if name:
        found["filename"] = hider.clean(name)[:LONGEST_NAME]
    mark = hider.clean(header_of(old, "Content-ID"))
    if re.fullmatch(r"<[^<>\s]{1,200}>", mark):
        found["cid"] = mark
    return found


def _charset(old: "Message[str, str]") -> str:
    try:
        return old.get_content_charset("utf-8")
    except ODD:
        return "utf-8"


def _text(content: bytes, charset: str) -> str:
    """Read bytes as text: as they say, or else as most mails are written, or else letter by letter."""
    for way in (charset, "utf-8"):
        try:
            return content.decode(way).encode("utf-8", "replace").decode()
        except ODD:
            continue
    return content.decode("latin-1")
