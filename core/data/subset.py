"""How many training examples the share of a set leaves that a run learns from."""

from core.errors import InvalidSettingError

FEWEST_EXAMPLES = 10


def left(share: float, num_examples: int, *, unit: str = "examples") -> int:
    """Number of examples in `share` percent of all.

    Raises:
        InvalidSettingError: they are fewer than ten.
    """
    number = round(num_examples * share / 100)
    if number < FEWEST_EXAMPLES:
        raise InvalidSettingError(
            f"Share of the training data (share) is {share:g} %, which leaves {number} of {num_examples:,} {unit}; "
            f"at least {FEWEST_EXAMPLES} are needed. Raise the share."
        )
    return number
