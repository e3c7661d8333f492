"""Values of a configuration, checked against their types: a kind, a range, one of some words."""

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin


@dataclass(frozen=True)
class Range:
    """What a number may be; `above` and `below` leave the end itself out."""

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        low = self.low < value if self.above else self.low <= value
        return low and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        low = f"{'above' if self.above else 'of at least'} {self.low:g}"
        if math.isinf(self.high):
            return low
        return f"{low} and {'below' if self.below else 'at most'} {self.high:.10g}"


Count = Annotated[int, Range(1)]
CountOrNone = Annotated[int, Range(0)]
Share = Annotated[float, Range(0, 1)]
Weight = Annotated[float, Range(0)]
Positive = Annotated[float, Range(0, above=True)]
Dropout = Annotated[float, Range(0, 1, below=True)]


class ConfigError(ValueError):
    pass


def checked(kind: Any, value: Any, where: str) -> Any:
    """The value as the type has it. Raises ConfigError with the key, what it may be and what came."""
    if get_origin(kind) is Annotated:
        kind, limits = get_args(kind)
        value = checked(kind, value, where)
        if not math.isfinite(value) or not limits.holds(value):
            number = "a whole number" if kind is int else "a number"
            raise ConfigError(f"{where}: expected {number} {limits} but found {value!r}")
        return value
    if get_origin(kind) is Literal:
        return _choice(get_args(kind), value, where)
    if get_origin(kind) is tuple:
        return _several(get_args(kind), value, where)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ConfigError(f"{where}: expected {kind.__name__} but found {value!r}")
    return value


def _choice(choices: tuple, value: Any, where: str) -> Any:
    # 16.0 and True are equal to whole numbers and are none.
    if any(type(value) is type(one) and value == one for one in choices):
        return value
    raise ConfigError(f"{where}: expected {one_of(choices)} but found {value!r}{meant(value, choices)}")


def _several(kinds: tuple, value: Any, where: str) -> tuple:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where}: expected a list but found {value!r}")
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        raise ConfigError(f"{where}: expected a list of {len(kinds)} but found {value!r}")
    return tuple(checked(kind, one, f"{where}[{i}]") for i, (kind, one) in enumerate(zip(kinds, value, strict=True)))


def one_of(choices: Iterable[Any]) -> str:
    *first, last = (repr(one) for one in choices)
    return f"{', '.join(first)} or {last}" if first else last


def meant(found: Any, known: Iterable[Any]) -> str:
    """The nearest name, where one is near."""
    near = difflib.get_close_matches(str(found), [str(one) for one in known], 1)
    return f"; did you mean {near[0]}?" if near else ""
