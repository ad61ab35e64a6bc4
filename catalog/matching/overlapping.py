"""Tells whether two sizes that are not equal have something in common, so that nobody can call them different."""

_SAME_SCALE = {"EU": "NR"}  # 39-42 on socks says no system and means EU
_SAME_CUP = {"DD": "E", "DDD": "F", "EE": "F"}


def overlap(system: str, value: str, other_system: str, other: str) -> bool:
    """Compare two sizes by system and value: double sizes, waists with and without length, ranges, ages, cups of two names."""
    if "-R" in (system[-2:], other_system[-2:]) and _scale(system) == _scale(other_system):
        return _meet(_span(value), _span(other))
    if {system, other_system} == {"WL", "NR"}:
        return value.partition("/")[0] == other.partition("/")[0] and "/" in value + other
    if system != other_system:
        return False
    if system == "AL":
        return not set(value.split("/")).isdisjoint(other.split("/"))
    if system == "WL":
        (waist, _, length), (others, _, others_length) = value.partition("/"), other.partition("/")
        return waist == others and not (length and others_length)
    if system == "AGE" and value[-1] == other[-1]:
        return _meet(_span(value[:-1]), _span(other[:-1]))
    return system.startswith("BRA") and _one_cup(value) == _one_cup(other)


def _scale(system: str) -> str:
    system = system.removesuffix("-R")
    return _SAME_SCALE.get(system, system)


def _one_cup(value: str) -> str:
    """A bra's size with one name for its cup: DD is another maker's E."""
    band = value.rstrip("ABCDEFGHIJK")
    return band + _SAME_CUP.get(value[len(band) :], value[len(band) :])


def _span(value: str) -> tuple[float, float]:
    low, _, high = value.replace("-", "/").partition("/")
    return float(low), float(high or low)


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two spans share more than their ends, or one is a single size within the other."""
    single = one[0] == one[1] or other[0] == other[1]
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return low <= high if single else low < high
