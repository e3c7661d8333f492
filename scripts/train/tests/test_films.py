"""Films: where a box is after preparing, cropping and zooming; coverage of patches."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from biovil_train.config import AugmentConfig
from biovil_train.data.films import FilmStore, View, coverage, prepare, to_square

BOX = (50.0, 24.0, 20.0, 16.0)


def draw(path: Path, width: int, height: int) -> Path:
    pixels = np.full((height, width), 20, np.uint8)
    x, y, w, h = (round(part) for part in BOX)
    pixels[y : y + h, x : x + w] = 200
    Image.fromarray(pixels).save(path)
    return path


def bright(pixels: np.ndarray) -> tuple[float, ...]:
    """The box [x, y, width, height] of what is brighter than half."""
    rows, columns = np.nonzero(pixels > 0.5 * pixels.max())
    return columns.min(), rows.min(), columns.max() + 1 - columns.min(), rows.max() + 1 - rows.min()


def test_prepared_films_are_stretched_and_square(tmp_path: Path):
    pixels = prepare(draw(tmp_path / "a.png", 160, 96), 48)
    assert (pixels.shape, pixels.dtype, pixels.min(), pixels.max()) == ((48, 48), np.uint8, 0, 255)


@pytest.mark.parametrize(("width", "height"), [(96, 96), (160, 96), (96, 130), (101, 97)])
def test_boxes_follow_the_film_into_the_square(tmp_path: Path, width: int, height: int):
    pixels = prepare(draw(tmp_path / "a.png", width, height), 72)
    (box,) = to_square([BOX], (width, height), 72)
    assert np.allclose(box, bright(pixels), atol=1)


def test_boxes_follow_the_film_into_a_view(tmp_path: Path):
    store = FilmStore([draw(tmp_path / "a.png", 96, 96)], 96, 64, None)
    rng = np.random.default_rng(1)
    for zoom in (1.0, 0.8):
        for _ in range(5):
            films, (view,) = store.views([0], AugmentConfig(zoom=zoom), rng)
            left, top, width, height = view.boxes([BOX])[0]
            if left < 0 or top < 0 or left + width > 64 or top + height > 64:
                continue
            assert np.allclose((left, top, width, height), bright(films[0, 0].numpy()), atol=1.1)


def test_a_view_without_zoom_has_the_pixels_of_the_store(tmp_path: Path):
    path = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (72, 72), np.uint8)).save(path)
    store = FilmStore([path], 72, 64, tmp_path)
    for seed in range(4):
        films, (view,) = store.views([0], AugmentConfig(), np.random.default_rng(seed))
        x, y = round(view.left), round(view.top)
        expected = store.film(0)[y : y + 64, x : x + 64] / 255
        assert np.abs(films[0, 0].numpy() - expected).max() < 1e-4
    assert np.allclose(store.centre([0])[0, 0], store.film(0)[4:68, 4:68] / 255)
    assert len(list(tmp_path.glob(".films-72-*.npy"))) == 1


def test_jitter_changes_grey_alone_and_stays_in_range(tmp_path: Path):
    store = FilmStore([draw(tmp_path / "a.png", 64, 64)], 64, 64, None)
    augment = AugmentConfig(gamma=0.4, gain=0.3, offset=0.1, noise=0.05)
    once, again = (store.views([0], augment, np.random.default_rng(3))[0] for _ in range(2))
    other = store.views([0], augment, np.random.default_rng(4))[0]
    assert once.equal(again) and not once.equal(other)
    assert 0 <= once.min() and once.max() <= 1


def test_view_boxes():
    assert View(10, 20, 64, 32).boxes([(10, 20, 64, 32)]) == ((0, 0, 32, 16),)


def test_coverage_is_the_covered_part_of_each_patch():
    assert coverage([(32, 0, 32, 32)], 64, 2).tolist() == [0, 1, 0, 0]
    assert coverage([(16, 16, 32, 32)], 64, 2).tolist() == [0.25] * 4
    assert coverage([(0, 0, 16, 32)], 64, 2).tolist() == [0.5, 0, 0, 0]
    # Outside is not counted, and what two boxes share is counted once at most.
    assert coverage([(-32, -32, 64, 64)], 64, 2).tolist() == [1, 0, 0, 0]
    assert coverage([(0, 0, 32, 32), (0, 0, 32, 32)], 64, 2).tolist() == [1, 0, 0, 0]
    assert coverage([], 64, 2).tolist() == [0] * 4


def test_a_film_that_was_replaced_is_decoded_again(tmp_path: Path):
    path = draw(tmp_path / "a.png", 96, 96)
    first = FilmStore([path], 48, 32, tmp_path).film(0).copy()
    assert (FilmStore([path], 48, 32, tmp_path).film(0) == first).all()
    Image.fromarray(np.arange(96 * 96, dtype=np.uint32).reshape(96, 96).astype(np.uint8)).save(path)
    assert (FilmStore([path], 48, 32, tmp_path).film(0) != first).any()
