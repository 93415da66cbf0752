"""Knobs: every setting of a training, declared once as a field of a frozen Config dataclass.

Form, check, address, terminal and documentation read that declaration. Nothing here knows a network or PyTorch.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from core.errors import InvalidSettingError

S = TypeVar("S", bound="Settings")
LONGEST_WORD = 40  # characters of what somebody wrote in an address that a message repeats

When = Mapping[str, tuple[Any, ...]]  # other knob's name → its values for which this knob matters


@dataclass(frozen=True, kw_only=True)
class Knob(ABC):
    """What every knob declares: how it is called, explained and when it matters."""

    label: str
    help: str
    unit: str = ""
    more: bool = False  # behind "More" in a form
    when: When = field(default_factory=dict)

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Value written as text (an address parameter, a terminal argument); `ValueError` if it is not one."""

    @abstractmethod
    def allows(self, value: Any) -> bool:
        """Whether a value has the right type and is in range."""

    @abstractmethod
    def allowed(self) -> str:
        """The allowed values in words, for error messages and documentation."""

    def in_words(self, value: Any) -> str:
        """A value for people: "ReLU", "off", "0.003", "3 layers"."""
        return f"{value:g} {self.unit}".strip()


@dataclass(frozen=True, kw_only=True)
class Integer(Knob):
    """A whole number in [low, high]."""

    low: int
    high: int
    step: int = 1
    choices: tuple[int, ...] = ()  # where only some numbers make sense (batch sizes); empty: every step

    def parse(self, text: str) -> int:
        return int(text)

    def in_words(self, value: Any) -> str:
        return f"{value} {self.unit}".strip()  # every digit: two seeds never look alike

    def allows(self, value: Any) -> bool:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if self.choices:
            return whole and value in self.choices
        return whole and self.low <= value <= self.high and (value - self.low) % self.step == 0

    def allowed(self) -> str:
        if self.choices:
            return "one of " + ", ".join(str(number) for number in self.choices)
        step = f" in steps of {self.step}" if self.step != 1 else ""
        return f"a whole number from {self.low} to {self.high}{step}"


@dataclass(frozen=True, kw_only=True)
class Real(Knob):
    """A number in [low, high]; `scale="log"` where its order of magnitude is what matters."""

    low: float
    high: float
    step: float
    scale: Literal["linear", "log"] = "linear"

    def parse(self, text: str) -> float:
        return float(text)

    def allows(self, value: Any) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high

    def allowed(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, kw_only=True)
class Choice(Knob):
    """One of a few named values; `options` maps each value to its label."""

    options: Mapping[str, str]

    def parse(self, text: str) -> str:
        return text

    def allows(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.options

    def allowed(self) -> str:
        return "one of " + ", ".join(self.options)

    def in_words(self, value: Any) -> str:
        return self.options[value]


@dataclass(frozen=True, kw_only=True)
class Flag(Knob):
    """On or off."""

    def parse(self, text: str) -> bool:
        words = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
        if text.lower() not in words:
            raise ValueError(text)
        return words[text.lower()]

    def allows(self, value: Any) -> bool:
        return isinstance(value, bool)

    def allowed(self) -> str:
        return "on or off"

    def in_words(self, value: Any) -> str:
        return "on" if value else "off"


@dataclass(frozen=True, kw_only=True)
class Several(Knob):
    """Some of many names, in an order; the value is one string, the names separated by commas: "yes,no"."""

    options: tuple[str, ...]
    fewest: int = 1
    not_all: bool = False  # whether at least one of the options must be left out
    others: str = ""  # regular expression of names beyond the options that are allowed too; empty: none

    def parse(self, text: str) -> str:
        return ",".join(name.strip() for name in text.split(","))

    def allows(self, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        names = value.split(",")
        known = all(name in self.options or self._is_other(name) for name in names)
        if self.not_all and set(self.options) <= set(names):
            return False
        return known and len(set(names)) == len(names) >= self.fewest

    def _is_other(self, name: str) -> bool:
        return bool(self.others) and re.fullmatch(self.others, name) is not None

    def allowed(self) -> str:
        own = ", or words of your own" if self.others else ""
        limit = ", but not all of them" if self.not_all else ""
        return f"at least {self.fewest} different of {', '.join(self.options)}{own}{limit}"

    def in_words(self, value: Any) -> str:
        return ", ".join(value.split(","))


@dataclass(frozen=True, kw_only=True)
class Reference(Knob):
    """What a person gives elsewhere on the page: the id of an upload; empty for none. A form has no widget for it."""

    def parse(self, text: str) -> str:
        return text

    def allows(self, value: Any) -> bool:
        return isinstance(value, str) and re.fullmatch(r"([0-9a-f]{16})?", value) is not None

    def allowed(self) -> str:
        return "an id of 16 letters and digits, or nothing"

    def in_words(self, value: Any) -> str:
        return value or "none"


def knob(declaration: Knob, default: Any) -> Any:
    """A Config field: its declaration and its default."""
    return field(default=default, metadata={"knob": declaration})


PAGE_PARAMETERS = ("view", "run", "model", "place", "what", "compare")  # words of an address that are not knobs


@dataclass(frozen=True)
class Settings:
    """A frozen set of knobs that cannot hold a value that is not allowed."""

    def __init_subclass__(cls) -> None:
        """Refuse a knob of a name that means something else in an address, where it would be dead."""
        super().__init_subclass__()
        if taken := [name for name in PAGE_PARAMETERS if name in inspect.get_annotations(cls)]:
            raise InvalidSettingError(
                f"{cls.__name__} has a knob “{taken[0]}”. In an address this word belongs to the page, as do "
                f"{', '.join(word for word in PAGE_PARAMETERS if word != taken[0])}. Give the knob another name."
            )

    def __post_init__(self) -> None:
        for name, declaration in knobs(type(self)).items():
            value = getattr(self, name)
            if not declaration.allows(value):
                raise InvalidSettingError(
                    f"{declaration.label} ({name}) is {value!r}; allowed is {declaration.allowed()}."
                )


@dataclass(frozen=True)
class Config(Settings):
    """Base of the settings of a training. Each has a number of epochs and a seed, so these two are declared here."""

    epochs: int = knob(Integer(label="Epochs", help="Passes over the training data.", low=1, high=100), 5)
    seed: int = knob(
        Integer(
            label="Seed",
            help="Start of all random numbers. One seed on one machine, with as many threads, gives the same run.",
            low=0,
            high=2**31 - 1,
            more=True,
        ),
        0,
    )


def knobs(config_type: type[Settings]) -> dict[str, Knob]:
    """Name → declaration of every knob of a Config, in the order of the form: the demo's own first."""
    fields = dataclasses.fields(config_type)
    shared = {f.name for f in dataclasses.fields(Config)}
    ordered = [f for f in fields if f.name not in shared] + [f for f in fields if f.name in shared]
    return {f.name: f.metadata["knob"] for f in ordered}


def relevant(config: Settings) -> list[str]:
    """Names of the knobs that matter for the other values of this config, in the order of the form."""
    return [
        name
        for name, declaration in knobs(type(config)).items()
        if all(getattr(config, other) in values for other, values in declaration.when.items())
    ]


def to_json(config: Settings) -> dict[str, Any]:
    """All knobs by name, ready for JSON."""
    return {name: getattr(config, name) for name in knobs(type(config))}


def from_json(config_type: type[S], saved: Mapping[str, Any]) -> tuple[S, list[str]]:
    """Config from saved values, which may be of an older version of the Config.

    Returns:
        The config, and one sentence for each saved value that could not be used; such a knob takes its default.
    """
    declared = knobs(config_type)
    notices = [
        f"“{name}” is not a setting of this network any more; it was left out."
        for name in saved
        if name not in declared
    ]
    values = {}
    for name, value in saved.items():
        if name not in declared:
            continue
        if declared[name].allows(value):
            values[name] = value
        else:
            notices.append(
                f"{declared[name].label} ({name}) was {value!r}; allowed is {declared[name].allowed()}. "
                "The default is used."
            )
    return config_type(**values), notices


def from_text(config_type: type[S], given: Mapping[str, str]) -> tuple[S, list[str]]:
    """Config from written values, as they stand in an address or on a command line.

    Returns:
        The config, and one sentence for each word that could not be used, naming what is allowed.
    """
    declared = knobs(config_type)
    values: dict[str, Any] = {}
    notices = []
    for name, text in given.items():
        if name not in declared:
            notices.append(f"There is no setting “{_short(name)}”. The settings are: {', '.join(declared)}.")
            continue
        try:
            values[name] = declared[name].parse(text)
        except ValueError:
            notices.append(
                f"{declared[name].label} ({name}) is “{_short(text)}”; allowed is {declared[name].allowed()}."
            )
            continue
        if not declared[name].allows(values[name]):
            del values[name]
            notices.append(f"{declared[name].label} ({name}) is {_short(text)}; allowed is {declared[name].allowed()}.")
    return config_type(**values), notices


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_WORD else f"{text[:LONGEST_WORD]} …"
