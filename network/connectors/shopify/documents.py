"""The GraphQL documents beside this file, one operation at a time with the fragments it needs."""

import functools
import re
from pathlib import Path

FOLDER = Path(__file__).with_name("queries")
DEFINITION = re.compile(r"^(query|mutation|fragment) (\w+).*?^}\n", re.M | re.S)
SPREAD = re.compile(r"\.\.\.(\w+)")


@functools.cache
def definitions() -> dict[str, tuple[str, str]]:
    """Read every definition of the folder: its name to (query, mutation or fragment; its text)."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(FOLDER.glob("*.graphql")):
        for match in DEFINITION.finditer(path.read_text()):
            if match[2] in found:
                raise ValueError(f"{path.name} defines {match[2]} a second time")
            found[match[2]] = (match[1], match[0])
    return found


@functools.cache
def document(operation: str) -> str:
    """Give the text that runs one operation and nothing else."""
    known = definitions()
    texts, waiting = [], [operation]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        texts.append(known[name][1])
        waiting += [one for one in SPREAD.findall(known[name][1]) if one in known]
    return "\n".join(texts)


@functools.cache
def is_mutation(operation: str) -> bool:
    """Say whether an operation writes."""
    return definitions()[operation][0] == "mutation"


@functools.cache
def is_idempotent(operation: str) -> bool:
    """Say whether the same call with the same key may be sent again blindly."""
    return "@idempotent" in definitions()[operation][1]
