"""What a selling shop may prefer, each preference as the weights of one cost: versioned, so that an old choice can be told.

A weight is EUR minor units. One cost for all policies keeps them comparable and lets one exact engine serve them all.
"""

from dataclasses import asdict, dataclass

POLICY_VERSION = 1
DEFAULT_POLICY = "fewest_parcels"
MANY = 1_000_000  # more than any plan costs: the number of parcels comes first, cost only among equals


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts in the choice, beside postage, and how much."""

    parcel: int = 100  # each parcel: packing, a second delivery for the customer
    late_day: int = 250  # each working day beyond the promise
    day: int = 0  # each working day until delivery
    km: int = 0  # each ten kilometres
    failure: int = 1_500  # times how often the partner fails: a second search, a day, perhaps the sale
    given: int = 40  # times how much of its part the partner already got: settles what would be a tie
    fresh: int = 30  # times how well it sells there anyway: what has long been lying somewhere leaves first

    def as_kept(self) -> dict[str, int]:
        """Write the weights the way they are kept with a decision."""
        return asdict(self)


POLICIES: dict[str, Weights] = {
    "fewest_parcels": Weights(parcel=MANY),
    "cheapest": Weights(),
    "nearest": Weights(km=60),
    "fastest": Weights(day=1_500, late_day=1_500),
    "fair": Weights(parcel=MANY, given=3_000),
}


def weights_of(policy: str) -> Weights:
    """Name the weights of a policy; one that is not known any more weighs like the usual one."""
    return POLICIES.get(policy, POLICIES[DEFAULT_POLICY])
