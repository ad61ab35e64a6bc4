"""The search for a customer's words in all that the network keeps: every column of every table, opened where it is encrypted, and files."""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.db import connection
from psycopg import sql

from skuu.kit.crypto import EncryptedJSON, EncryptedText, Unreadable, decrypt

CHUNK = 2000
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
HOLDS = """select count(*) from {} t
  where exists (select 1 from unnest(%s::text[]) word where strpos(lower(t::text), lower(word)) > 0)"""
LARGEST_FILE = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """A word was found: where, and in how many rows or files. ``sealed`` says that only our key ring shows it."""

    where: str
    count: int
    sealed: bool = False


def spellings(words: Iterable[str]) -> list[str]:
    """List the forms in which a word may stand: as given, and a phone number without its punctuation and without its prefix."""
    found: dict[str, None] = {}
    for word in words:
        found[word] = None
        digits = re.sub(r"\D", "", word)
        if len(digits) >= 8 and not re.search(r"[a-zA-Z]", word):
            found |= dict.fromkeys((digits, digits[2:], f"0{digits[2:]}"))
    return list(found)


def search_database(words: Sequence[str]) -> list[Hit]:
    """Search every column of every table for these words, whatever its type; encrypted columns are opened as well.

    Reads only, table by table; nothing that was found is repeated.
    """
    hits = [hit for table in connection.introspection.table_names() if (hit := _search_table(table, words))]
    return hits + [hit for hit in _search_sealed(words) if hit]


def _search_table(table: str, words: Sequence[str]) -> Hit | None:
    name = sql.Identifier(table)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(HOLDS).format(name), [list(words)])
        count = cursor.fetchone()[0]
        cursor.execute(
            "select column_name from information_schema.columns where table_schema = current_schema() "
            "and table_name = %s and data_type = 'bytea'",
            [table],
        )
        for (column,) in cursor.fetchall():
            cursor.execute(sql.SQL("select {} from {}").format(sql.Identifier(column), name))
            count += sum(1 for (value,) in cursor.fetchall() if value and _stands_in(bytes(value), words))
    return Hit(f"table {table}", count) if count else None


def _search_sealed(words: Sequence[str]) -> Iterator[Hit | None]:
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, (EncryptedText, EncryptedJSON)):
                count = _search_column(model._meta.db_table, str(field.column), words)
                yield Hit(f"{model._meta.label}.{field.name}", count, sealed=True) if count else None


def _search_column(table: str, column: str, words: Sequence[str]) -> int:
    query = sql.SQL("select {} from {} where {} <> ''").format(*map(sql.Identifier, (column, table, column)))
    count = 0
    with connection.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(CHUNK):
            count += sum(1 for (token,) in rows if _stands_in(_opened(token), words))
    return count


def _opened(token: str) -> bytes:
    try:
        return decrypt(token).encode()
    except Unreadable:
        return b""  # nobody can read it any more, which is as good as erased


def search_files(places: Iterable[Path], words: Sequence[str]) -> list[Hit]:
    """Search files, and folders with all below them, byte by byte; streams of PDFs are unpacked. Unreadable files are hits of their own."""
    hits = []
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if not file.is_file() or file.stat().st_size > LARGEST_FILE:
                continue
            try:
                found = _stands_in(file.read_bytes(), words)
            except OSError as error:
                hits.append(Hit(f"file {file} cannot be read ({type(error).__name__})", 1))
                continue
            if found:
                hits.append(Hit(f"file {file}", 1))
    return hits


def _stands_in(content: bytes, words: Sequence[str]) -> bool:
    lower = content.lower()
    if any(word.lower().encode() in lower for word in words):
        return True
    if not content.startswith(b"%PDF"):
        return False
    return any(word.lower().encode() in part.lower() for part in _unpacked(content) for word in words)


def _unpacked(pdf: bytes) -> Iterator[bytes]:
    for packed in STREAM.findall(pdf):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            continue
