"""Which records make up a step."""

import numpy as np

from .config import Config


def numbers_of_batch(count: int, config: Config, step: int) -> np.ndarray:
    """Numbers [batch] below `count`: every epoch is another permutation, told by the seed alone."""
    first = step * config.run.batch
    places = np.arange(first, first + config.run.batch)
    epochs = {epoch: _permutation(config.seed, int(epoch), count) for epoch in np.unique(places // count)}
    return np.array([epochs[place // count][place % count] for place in places])


def _permutation(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, 7, epoch]).permutation(count)
