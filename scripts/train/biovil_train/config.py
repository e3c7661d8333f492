"""A phase's configuration: one TOML file, read strictly into dataclasses."""

import tomllib
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from .models import ImageConfig, TextConfig
from .values import ConfigError, Count, CountOrNone, Positive, Range, Share, Weight, checked, meant

Layout = Literal["phantom", "csv", "mimic-cxr-jpg", "open-i"]
Beta = Annotated[float, Range(0, 1, below=True)]
# Of texts that are made up or need the truth of a phantom.
PHANTOM_TEXTS = ("general", "statement")


@dataclass(frozen=True)
class DataConfig:
    # phantom: a folder that `phantom` wrote; csv: columns image, report (or findings, impression); mimic-cxr-jpg and
    # open-i: the folders as published. README.md has the details.
    layout: Layout = "phantom"
    path: str = ""
    # Studies of another folder, for validation; without it the last `holdout` of `path` are kept back.
    validation: str = ""
    holdout: CountOrNone = 0
    # Parts of the data set as published: train, validate, test of mimic-cxr-jpg, or values of a CSV's column `split`. A
    # part for validation is of `path` where `validation` names no other folder.
    split: str = ""
    validation_split: str = ""
    # What a text is: general (made up, phantom only), report, sentence, statement (reworded from the truth at every
    # visit, phantom only).
    texts: Literal["general", "report", "sentence", "statement"] = "report"
    # The decoded films of a small corpus are kept in one file beside it.
    cache: bool = True


@dataclass(frozen=True)
class OptimiserConfig:
    learning_rate: Positive = 1e-4
    # Of the text encoder in the joint phase; 0: the same.
    text_learning_rate: Weight = 0.0
    betas: tuple[Beta, Beta] = (0.9, 0.98)
    weight_decay: Weight = 0.01
    warmup: Share = 0.05
    clip: Positive = 1.0


@dataclass(frozen=True)
class RunConfig:
    """How long and in which portions. `batch` is the whole batch, over all processes."""

    steps: Count = 1000
    batch: Count = 32
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    # Steps between two lines of the log, two saved states, two validations (0: at the end).
    log: Count = 20
    save: Count = 200
    validate: CountOrNone = 0


@dataclass(frozen=True)
class VocabularyConfig:
    size: Annotated[int, Range(6)] = 30522
    min_frequency: Count = 2
    texts: Count = 100_000


@dataclass(frozen=True)
class MaskingConfig:
    """BERT's: of the chosen tokens 80 % become [MASK], 10 % another one, 10 % stay."""

    probability: Annotated[float, Range(0, 1, above=True)] = 0.15
    max_length: Annotated[int, Range(3)] = 128


@dataclass(frozen=True)
class SectionsConfig:
    temperature: Positive = 0.5
    mlm_weight: Weight = 0.1
    shuffle_sentences: bool = True


@dataclass(frozen=True)
class SimclrConfig:
    temperature: Positive = 0.1
    projection: Count = 128


@dataclass(frozen=True)
class AugmentConfig:
    """Changes of a film at every visit; none mirrors it, since left is not right."""

    gamma: Weight = 0.0
    gain: Share = 0.0
    offset: Share = 0.0
    noise: Share = 0.0
    # The smallest side that a random crop takes, as a part of the film's; 1: the model's own crop at a random place.
    zoom: Annotated[float, Range(0, 1, above=True)] = 1.0


@dataclass(frozen=True)
class JointConfig:
    """Weights of the losses; 0 leaves one out."""

    # The scale, its inverse, ends at 100.
    temperature: Annotated[float, Range(0.01)] = 0.5
    learn_temperature: bool = False
    # Of the two directions of the global loss.
    text_given_film: Weight = 0.5
    film_given_text: Weight = 0.5
    # token: every token attends to the patches, as in GLoRIA and BioViL-L; sentence: the text as a whole does.
    local: Literal["token", "sentence"] = "token"
    local_weight: Weight = 0.0
    # Of "sentence".
    local_sharpness: Positive = 8.0
    # Of "token": what the attention over the patches and the pooling over the words are multiplied by (GLoRIA's
    # temperatures 4 and 5), and their logarithm for the loss (10); 0: the global scale divided by local_pooling.
    local_attention: Positive = 4.0
    local_pooling: Positive = 5.0
    local_scale: Weight = 0.0
    # Whether words and patches are brought to length 1 before the attention; GLoRIA's are not.
    local_normalise: bool = True
    mlm_weight: Weight = 0.1
    # What the published recipe does not have. It needs the truth of a phantom.
    box_weight: Weight = 0.0
    mirrored_negatives: bool = False
    # The part of the texts that gets a text that contradicts it.
    hard_negatives: Share = 0.0
    # The part of the texts that gets itself with something false beside it: half a truth is none.
    half_truths: Share = 0.0
    truth_mask: bool = False
    texts_per_film: Count = 1
    # Texts beside texts, of the reports' grammar: a wording is nearer to another of the same than to a contradiction.
    wording_weight: Weight = 0.0
    wordings: Count = 64
    # The image encoder stays as it is; only texts learn.
    freeze_image: bool = False


@dataclass(frozen=True)
class Config:
    phase: Literal["vocabulary", "mlm", "sections", "simclr", "joint"]
    seed: Annotated[int, Range(0, 2**31 - 1)] = 1
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


def read_config(path: Path, overrides: dict[str, Any] | None = None) -> Config:
    """Reads a phase. `overrides` are dotted keys: {"run.steps": 10}."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except ValueError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    for dotted, value in (overrides or {}).items():
        *parents, key = dotted.split(".")
        place = table
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise ConfigError(f"{path}: {dotted}: {parent} is no table")
        place[key] = value
    return config_of(table, str(path))


def config_of(table: dict[str, Any], where: str) -> Config:
    """Of a table as TOML or JSON give it. Raises ConfigError naming `where`, the key, what it may be and what came."""
    config = _read(Config, table, where, "")
    if config.data.texts in PHANTOM_TEXTS and config.data.layout != "phantom" and config.phase != "simclr":
        texts = f'data.texts = "{config.data.texts}" needs the truth of phantoms; take "sentence" or "report"'
        raise ConfigError(f"{where}: data.layout is {config.data.layout}, but {texts}")
    return config


def _read(kind: type, table: dict[str, Any], where: str, prefix: str) -> Any:
    known = get_type_hints(kind, include_extras=True)
    place = f"{where}: {prefix.rstrip('.')}" if prefix else where
    if unknown := sorted(set(table) - set(known)):
        raise ConfigError(
            f"{place}: unknown {', '.join(unknown)}; known here: {', '.join(known)}{meant(unknown[0], known)}"
        )
    if kind is Config and "phase" not in table:
        raise ConfigError(f"{where}: phase is missing")
    values = {}
    for name, value in table.items():
        if not is_dataclass(known[name]):
            values[name] = checked(known[name], value, f"{where}: {prefix}{name}")
        elif isinstance(value, dict):
            values[name] = _read(known[name], value, where, f"{prefix}{name}.")
        else:
            raise ConfigError(f"{where}: {prefix}{name}: expected a table but found {value!r}")
    try:
        return kind(**values)
    except ValueError as error:  # What one value says about another.
        raise ConfigError(f"{where}: {error}") from error
