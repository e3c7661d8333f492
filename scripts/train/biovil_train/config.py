"""A phase's configuration: one TOML file, read strictly into dataclasses."""

import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from .models import ImageConfig, TextConfig

PHASES = ("vocabulary", "mlm", "sections", "simclr", "joint")


@dataclass(frozen=True)
class DataConfig:
    # phantom: a folder that `phantom` wrote; csv: columns image, report (or findings, impression); mimic-cxr-jpg and
    # open-i: the folders as published. README.md has the details.
    layout: str = "phantom"
    path: str = ""
    # Studies of another folder, for validation; without it the last `holdout` of `path` are kept back.
    validation: str = ""
    holdout: int = 0
    # Parts of the data set as published: train, validate, test of mimic-cxr-jpg, or values of a CSV's column `split`. A
    # part for validation is of `path` where `validation` names no other folder.
    split: str = ""
    validation_split: str = ""
    # What a text is: general (made up, phantom only), report, sentence, statement (reworded from the truth at every
    # visit, phantom only).
    texts: str = "report"
    # The decoded films of a small corpus are kept in one file beside it.
    cache: bool = True


@dataclass(frozen=True)
class OptimiserConfig:
    learning_rate: float = 1e-4
    # Of the text encoder in the joint phase; 0: the same.
    text_learning_rate: float = 0.0
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    warmup: float = 0.05
    clip: float = 1.0


@dataclass(frozen=True)
class RunConfig:
    """How long and in which portions. `batch` is the whole batch, over all processes."""

    steps: int = 1000
    batch: int = 32
    precision: str = "float32"
    # Steps between two lines of the log, two saved states, two validations (0: at the end).
    log: int = 20
    save: int = 200
    validate: int = 0


@dataclass(frozen=True)
class VocabularyConfig:
    size: int = 30522
    min_frequency: int = 2
    texts: int = 100_000


@dataclass(frozen=True)
class MaskingConfig:
    """BERT's: of the chosen tokens 80 % become [MASK], 10 % another one, 10 % stay."""

    probability: float = 0.15
    max_length: int = 128


@dataclass(frozen=True)
class SectionsConfig:
    temperature: float = 0.5
    mlm_weight: float = 0.1
    shuffle_sentences: bool = True


@dataclass(frozen=True)
class SimclrConfig:
    temperature: float = 0.1
    projection: int = 128


@dataclass(frozen=True)
class AugmentConfig:
    """Changes of a film at every visit; none mirrors it, since left is not right."""

    gamma: float = 0.0
    gain: float = 0.0
    offset: float = 0.0
    noise: float = 0.0
    # The smallest side that a random crop takes, as a part of the film's; 1: the model's own crop at a random place.
    zoom: float = 1.0


@dataclass(frozen=True)
class JointConfig:
    """Weights of the losses; 0 leaves one out."""

    temperature: float = 0.5
    learn_temperature: bool = False
    # Of the two directions of the global loss.
    text_given_film: float = 0.5
    film_given_text: float = 0.5
    # token: GLoRIA's and BioViL-L's; sentence: the text as a whole attends to the patches.
    local: str = "token"
    local_weight: float = 0.0
    local_sharpness: float = 8.0
    mlm_weight: float = 0.1
    # What the published recipe does not have. It needs the truth of a phantom.
    box_weight: float = 0.0
    mirrored_negatives: bool = False
    # The part of the texts that gets a text that contradicts it.
    hard_negatives: float = 0.0
    # The part of the texts that gets itself with something false beside it: half a truth is none.
    half_truths: float = 0.0
    truth_mask: bool = False
    texts_per_film: int = 1
    # Texts beside texts, of the reports' grammar: a wording is nearer to another of the same than to a contradiction.
    wording_weight: float = 0.0
    wordings: int = 64
    # The image encoder stays as it is; only texts learn.
    freeze_image: bool = False


@dataclass(frozen=True)
class Config:
    phase: str
    seed: int = 1
    # The folder of an earlier phase, or several: their weights are where this one begins.
    start: tuple[str, ...] = ()
    data: DataConfig = field(default_factory=DataConfig)
    run: RunConfig = field(default_factory=RunConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    text: TextConfig = field(default_factory=TextConfig)
    image: ImageConfig = field(default_factory=ImageConfig)
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    masking: MaskingConfig = field(default_factory=MaskingConfig)
    sections: SectionsConfig = field(default_factory=SectionsConfig)
    simclr: SimclrConfig = field(default_factory=SimclrConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    joint: JointConfig = field(default_factory=JointConfig)


class ConfigError(ValueError):
    pass


def read_config(path: Path, overrides: dict[str, Any] | None = None) -> Config:
    """Reads a phase. `overrides` are dotted keys: {"run.steps": 10}."""
    with path.open("rb") as file:
        table = tomllib.load(file)
    for dotted, value in (overrides or {}).items():
        *parents, key = dotted.split(".")
        place = table
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = value
    config = _read(Config, table, str(path))
    if config.phase not in PHASES:
        raise ConfigError(f"{path}: expected phase to be one of {', '.join(PHASES)} but found '{config.phase}'")
    return config


def _read(kind: type, table: dict[str, Any], where: str) -> Any:
    known = get_type_hints(kind)
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ConfigError(f"{where}: unknown {', '.join(unknown)}; known here: {', '.join(known)}")
    values = {}
    for name, value in table.items():
        place = f"{where}: {name}"
        if is_dataclass(known[name]):
            if not isinstance(value, dict):
                raise ConfigError(f"{place}: expected a table")
            values[name] = _read(known[name], value, place)
        else:
            values[name] = _scalar(known[name], value, place)
    missing = [one.name for one in fields(kind) if one.name == "phase" and "phase" not in values]
    if missing:
        raise ConfigError(f"{where}: phase is missing")
    return kind(**values)


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where}: expected a list but found {value!r}")
        return tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and type(value) is not kind:
        raise ConfigError(f"{where}: expected {kind.__name__} but found {value!r}")
    return value
