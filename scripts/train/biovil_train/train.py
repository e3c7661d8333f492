"""Runs one phase in a folder: run.json, log.jsonl, state.pt, and the result in the published layout."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from . import provenance
from .checkpoint import IMAGE, TEXT_WEIGHTS, load_weights
from .config import Config
from .data import FilmStore, Record, read_records
from .distributed import Processes
from .loop import Trainer
from .models import ImageModel, TextModel
from .phases import vocabulary
from .phases.joint import JointPhase
from .phases.masked import MaskedPhase
from .phases.phase import Phase
from .phases.sections import SectionsPhase
from .phases.simclr import SimclrPhase
from .standing import standing
from .tokenizer import Tokenizer

TOKENIZER_FILES = ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json")
# Phases of texts alone also take studies without a film.
FILM_PHASES = ("simclr", "joint")


def train(config: Config, folder: Path) -> None:
    """
    Begins the run, or goes on where its folder says it stopped. A finished run is left as it is.

    Raises ValueError where the folder is that of a run with another configuration or other data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    provenance.compare(config, folder)
    done = folder / "done"
    if done.exists():
        print(f"{folder} is finished, with this configuration; nothing is done", file=sys.stderr)
        return
    processes = Processes()
    with alone(folder, processes):
        torch.manual_seed(config.seed)
        records, held_out = read_data(config)
        facts = {"phase": config.phase, **standing_of(config)}
        studies = {"train": len(records), "held out": len(held_out)}
        if config.phase == "vocabulary":
            provenance.record(config, folder, studies, facts)
            vocabulary.learn(config, records, folder)
        else:
            # Who comes first decodes the films; the others find them decoded.
            phase = None
            for turn in range(processes.count):
                if turn == processes.rank:
                    phase = make_phase(config, records, held_out, folder, processes)
                processes.wait()
            if processes.first:
                provenance.record(config, folder, studies, facts)
            Trainer(config, phase, processes, folder).run()
            if processes.first:
                phase.save(folder, facts)
        if processes.first:
            done.touch()
    processes.close()


def standing_of(config: Config) -> dict[str, bool]:
    """Whether what comes of it is untrained or a demonstration."""
    image = find(config, IMAGE) if config.phase in FILM_PHASES else None
    texts = text_files(config) if config.phase not in ("vocabulary", "simclr") else []
    # Nothing trains an encoder that is frozen from the start.
    frozen = config.phase == "joint" and config.joint.freeze_image and image is None
    return standing(config.data.layout == "phantom", frozen, [*texts, *([image] if image else [])])


@contextmanager
def alone(folder: Path, processes: Processes) -> Iterator[None]:
    """Two runs in one folder would mix their logs and states: raises ValueError where another one is at work."""
    if not processes.first:
        yield
        return
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"another run is at work in {folder}; wait for it, or take another folder") from None
        yield


def read_data(config: Config) -> tuple[list[Record], list[Record]]:
    """Studies to train on, and held-out ones."""
    data = config.data
    needs = {"films": config.phase in FILM_PHASES, "texts": config.phase != "simclr"}
    records = read_records(data.layout, data.path, data.split, **needs)
    if data.validation or data.validation_split:
        validation = data.validation or data.path
        return records, read_records(data.layout, validation, data.validation_split, **needs)
    if data.holdout >= len(records):
        raise ValueError(f"data.holdout is {data.holdout}, but {data.path} has {len(records)} studies")
    kept = len(records) - data.holdout
    return records[:kept], records[kept:]


def make_phase(
    config: Config, records: list[Record], held_out: list[Record], folder: Path, processes: Processes
) -> Phase:
    if config.phase == "simclr":
        image = make_image(config)
        return SimclrPhase(config, films_of(config, records), films_of(config, held_out), image, processes)
    text, tokenizer = make_text(config, folder)
    if config.phase == "joint":
        films, image = films_of(config, records), make_image(config)
        return JointPhase(config, films, records, held_out, image, text, tokenizer, processes)
    kind = SectionsPhase if config.phase == "sections" else MaskedPhase
    return kind(config, records, held_out, text, tokenizer, processes)


def films_of(config: Config, records: list[Record]) -> FilmStore:
    paths = [record.film for record in records]
    # The cache lies beside the films: another phase at the same size finds it.
    cache = paths[0].parent if config.data.cache and paths else None
    return FilmStore(paths, config.image.resize, config.image.crop, cache)


def make_image(config: Config) -> ImageModel:
    model = ImageModel(config.image)
    if path := find(config, IMAGE):
        load_weights(model, path)
    return model.to(memory_format=torch.channels_last)


def make_text(config: Config, folder: Path) -> tuple[TextModel, Tokenizer]:
    """The vocabulary decides the size; its files go into the folder, so that it becomes a whole model directory."""
    source = find(config, "vocab.txt")
    if source is None:
        raise ValueError("expected start to name a folder with vocab.txt: the run of the vocabulary phase, or a model")
    own = folder / source.name
    if provenance.begun(folder) and own.exists() and own.read_bytes() != source.read_bytes():
        raise ValueError(f"{folder} began with another vocabulary than {source} is now. Take another folder")
    for name in TOKENIZER_FILES:
        (folder / name).write_bytes(source.with_name(name).read_bytes())
    tokenizer = Tokenizer(source, min(config.masking.max_length, config.text.max_position_embeddings))
    model = TextModel(replace(config.text, vocab_size=tokenizer.size))
    if path := find(config, *TEXT_WEIGHTS):
        load_weights(model, path)
    return model, tokenizer


def text_files(config: Config) -> list[Path]:
    """What the text encoder begins with: vocabulary and, where there are some, weights."""
    return [path for path in (find(config, "vocab.txt"), find(config, *TEXT_WEIGHTS)) if path]


def find(config: Config, *names: str) -> Path | None:
    """A file of the folders where this phase begins: in the last one that has it, the first name that is there."""
    for folder in config.start:
        if not Path(folder).is_dir():
            raise FileNotFoundError(f"start names {folder}, which is not there; run that phase first")
    paths = (Path(folder) / name for folder in reversed(config.start) for name in names)
    return next((path for path in paths if path.exists()), None)
