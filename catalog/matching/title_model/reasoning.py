"""Says in sentences what two titles have in common and where they part."""

from catalog.matching.colour import colours_conflict
from catalog.matching.gender import genders_conflict
from catalog.matching.title_model import features
from catalog.matching.title_model.reading import Reading

MOST_WORDS = 5
_HEIGHTS = {"~low": "low", "ox": "low", "oxford": "low", "~mid": "mid", "~high": "high"}
_PEOPLE = {"m": "men", "w": "women", "k": "children", "u": "adults"}


def reasons_of(a: Reading, b: Reading) -> tuple[str, ...]:
    """Give the reasons in the order in which they weigh."""
    found = [*_codes(a, b), *_words(a, b)]
    if a.brand and b.brand and a.brand != b.brand:
        found.append(f"Brands differ: {a.brand} and {b.brand}.")
    if a.numbers - b.numbers and b.numbers - a.numbers:
        found.append(f"Numbers differ: {_listed(a.numbers - b.numbers)} and {_listed(b.numbers - a.numbers)}.")
    if colours_conflict(a.colours, b.colours):
        found.append(f"Colours differ: {'/'.join(a.colours)} and {'/'.join(b.colours)}.")
    elif a.colours and b.colours:
        fewer = a.colours if len(a.colours) <= len(b.colours) else b.colours
        found.append(f"Both are {'/'.join(fewer)}.")
    if genders_conflict(a.gender, b.gender):
        found.append(f"Made for different people: {_PEOPLE[a.gender]} and {_PEOPLE[b.gender]}.")
    if heights := heights_apart(a, b):
        found.append(f"Heights differ: {heights[0]} and {heights[1]}.")
    return tuple(found)


def heights_apart(a: Reading, b: Reading) -> tuple[str, str] | None:
    """The cuts of a shoe that two titles name, where they exclude each other."""
    mine, theirs = ({_HEIGHTS[word] for word in side.bag if word in _HEIGHTS} for side in (a, b))
    return (min(mine), min(theirs)) if mine and theirs and not mine & theirs else None


def _codes(a: Reading, b: Reading) -> list[str]:
    state = features.codes_state(a, b)
    if state == features.EQUAL:
        return [f"Both titles carry the article code {a.code.value}."]
    return [f"Article codes differ: {a.code.value} and {b.code.value}."] if state == features.DIFFER else []


def _words(a: Reading, b: Reading) -> list[str]:
    shared = _rarest(a, a.bag & b.bag)
    mine, theirs = _rarest(a, a.bag - b.bag), _rarest(b, b.bag - a.bag)
    found = [f"Both say {', '.join(shared)}."] if shared else ["They have no word in common."]
    if mine:
        found.append(f"Only the left says {', '.join(mine)}.")
    if theirs:
        found.append(f"Only the right says {', '.join(theirs)}.")
    return found


def _rarest(side: Reading, words: frozenset[str]) -> list[str]:
    plain = sorted((word for word in words if ":" not in word), key=lambda word: (-side.weights[word], word))
    return [word.lstrip("~") for word in plain[:MOST_WORDS]]


def _listed(words: frozenset[str]) -> str:
    return " ".join(sorted(words)[:MOST_WORDS])
