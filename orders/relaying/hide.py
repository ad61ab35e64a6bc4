"""Addresses found in any text, however they are written there, and replaced by the one that stands for them."""

import re
from collections.abc import Collection

NAMED = {"@": "&commat;", ".": "&period;", "+": "&plus;", "_": "&lowbar;"}
# what mail programs put between letters, and no reader sees
UNSEEN = "(?:[\u00ad\u200b-\u200d\u2060\ufeff]|<wbr\\s*/?>|&shy;)*"


class Hider:
    """Replaces addresses by another one, in texts that write them plainly, in a link, in HTML or as a mail's source does."""

    def __init__(self, addresses: Collection[str], instead: str) -> None:
        """Take the addresses that nobody may read; what is no address hides nothing."""
        self.instead = instead
        spelt = {spelling for address in addresses if "@" in address for spelling in _spellings(address)}
        found = [UNSEEN.join(map(_letter, spelling)) for spelling in sorted(spelt, key=len, reverse=True)]
        self.pattern = re.compile("|".join(found) or r"(?!)", re.IGNORECASE)

    def clean(self, text: str) -> str:
        """Put the other address wherever one of them stands."""
        return self.pattern.sub(lambda _: self.instead, text)

    def finds_in(self, content: bytes) -> bool:
        """Say whether a file names one of them in so many letters."""
        return bool(self.pattern.search(content.decode("latin-1")))


def _spellings(address: str) -> set[str]:
    """Write an address as people do and as mail servers do, when its domain has letters that only people use."""
    local, _, domain = address.rpartition("@")
    found = {address}
    for codec in (lambda: domain.encode("idna").decode("ascii"), lambda: domain.encode("ascii").decode("idna")):
        try:
            found.add(f"{local}@{codec()}")
        except UnicodeError:
            continue
    return found


def _letter(one: str) -> str:
    """Match a letter as it is, or as links, HTML and a mail's source write it."""
    number = ord(one)
    ways = [re.escape(one), rf"&\#0*{number};?", rf"&\#x0*{number:x};?"]
    ways += ["".join(rf"{sign}{byte:02x}" for byte in one.encode("utf-8", "replace")) for sign in "%="]
    if one in NAMED:
        ways.append(NAMED[one])
    return f"(?:{'|'.join(ways)})"
