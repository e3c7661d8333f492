"""DICOM fixtures and what pydicom makes of them.

    python scripts/export/dicom_fixtures.py               writes test/fixtures/dicom
    python scripts/export/dicom_fixtures.py --data DIR    writes test/fixtures/dicom/published.json: hashes of the
                                                          arrays of every *.dcm in DIR, and no pixels

Tried with Python 3.11, pydicom 3.0.2, numpy 2.4, imagecodecs 2026.3, pylibjpeg 2.1 (libjpeg 2.5, openjpeg 2.6, rle 2.2)
and pyjpegls 1.5. numpy 2 does not go with requirements.txt: use an environment of its own.

`reference` is pydicom's pixel_array. `display` is apply_modality_lut, then a table or window by the formulas of PS3.3
C.11.2 (pydicom's mirrors the film where the slope is negative, and takes the sign of a table's first value for that of
the pixels), then our inversion (low + high - value over the pixels that are no padding) and our padding (set to low);
palettes by apply_color_lut.
"""

import argparse
import base64
import hashlib
import io
import json
import pathlib

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.sequence import Sequence

from dicom_encoders import LOSSLESS, NATIVE, dataset, finish, frame

FOLDER = pathlib.Path(__file__).parents[2] / "test/fixtures/dicom"
WIDTH, HEIGHT = 22, 15


def gradient(bits: int, signed: bool, seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A noisy gradient over the whole range of the stored bits, both ends included."""
    y, x = np.mgrid[0:height, 0:width]
    ramp = (x + y) / (width + height - 2)
    noise = np.random.RandomState(seed).uniform(-0.03, 0.03, ramp.shape)
    top = 2**bits - 1
    values = np.clip(np.rint((ramp + noise) * top), 0, top).astype("i8")
    values[0, 0], values[-1, -1] = 0, top
    if signed:
        values -= 2 ** (bits - 1)
    return values.astype(("i" if signed else "u") + ("1" if bits <= 8 else "2"))


def smooth(bits: int) -> np.ndarray:
    """For lossy codecs."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    wave = (np.sin(x / 5) + np.cos(y / 4) + 2) / 4
    return np.rint(wave * (2**bits - 1)).astype("u1" if bits <= 8 else "u2")


def colour() -> np.ndarray:
    return np.stack([gradient(8, False, seed) for seed in (1, 2, 3)], axis=-1)[:, ::-1].copy()


def cases():
    yield from pixel_cases()
    yield from colour_cases()
    yield from grey_cases()
    yield from frame_cases()


def pixel_cases():
    """Syntax x bits x sign."""
    for syntax in NATIVE | LOSSLESS:
        for bits in (8, 10, 12, 15, 16):
            for signed in (False, True):
                pixels = gradient(bits, signed)
                ds = dataset(pixels, bits, "MONOCHROME2" if (bits + signed) % 2 else "MONOCHROME1")
                data = frame(pixels, bits, syntax, ds)
                yield f"{syntax}-{'s' if signed else 'u'}{bits}", finish(ds, syntax, wrap(syntax, data))
    for predictor in range(2, 8):
        pixels = gradient(12, False)
        ds = dataset(pixels, 12, "MONOCHROME2")
        yield f"p14-predictor{predictor}", finish(ds, "p14", [frame(pixels, 12, "p14", ds, predictor)])
    for syntax, bits in (("jpeg", 8), ("jpeg12", 12), ("near", 8), ("near", 12), ("j2ki", 12), ("htj2ki", 12)):
        pixels = smooth(bits)
        if syntax == "near" and bits == 12:
            pixels = pixels.astype("u2")
        ds = dataset(pixels, 16 if syntax in ("near", "htj2ki") and bits > 8 else bits, "MONOCHROME2")
        yield f"lossy-{syntax}-u{bits}", finish(ds, syntax, [frame(pixels, bits, syntax, ds)])
    # Bits beyond those stored are not defined.
    for syntax in ("explicit", "big", "rle"):
        for signed in (False, True):
            pixels = gradient(12, signed)
            ds = dataset(pixels, 12, "MONOCHROME2")
            dirty = pixels.view("u2") & 0xFFF | (np.random.RandomState(1).randint(0, 16, pixels.shape) << 12).astype(
                "u2"
            )
            yield (
                f"{syntax}-dirty-{'s' if signed else 'u'}12",
                finish(ds, syntax, wrap(syntax, frame(dirty.view(pixels.dtype), 12, syntax, ds))),
            )
    pixels = gradient(16, False).astype("u4") * 65537
    ds = dataset(pixels, 32, "MONOCHROME2")
    yield "explicit-u32", finish(ds, "explicit", frame(pixels, 32, "explicit", ds))
    pixels = gradient(8, False, 5, 17, 23)
    ds = dataset(pixels, 8, "MONOCHROME2")
    odd = pixels.tobytes() + b"\0"
    ds = finish(ds, "big", b"".join(odd[i + 1 : i + 2] + odd[i : i + 1] for i in range(0, len(odd), 2)))
    ds["PixelData"].VR = "OW"
    yield "big-words-u8", ds


def colour_cases():
    rgb = colour()
    for syntax in ("implicit", "big", "rle", "sv1", "jls", "j2k", "htj2k"):
        ds = dataset(rgb, 8, "RGB")
        yield f"{syntax}-rgb", finish(ds, syntax, wrap(syntax, frame(rgb, 8, syntax, ds)))
    ds = dataset(rgb, 8, "RGB", PlanarConfiguration=1)
    yield "explicit-rgb-planar", finish(ds, "explicit", rgb.transpose(2, 0, 1).tobytes())
    ds = dataset(rgb, 8, "YBR_FULL")
    yield "explicit-ybr", finish(ds, "explicit", rgb.tobytes())
    ds = dataset(rgb, 8, "YBR_FULL")
    yield "rle-ybr", finish(ds, "rle", [frame(rgb, 8, "rle", ds)])
    ds = dataset(rgb, 8, "YBR_FULL_422")
    pairs = rgb.reshape(-1, 2, 3)
    yield (
        "explicit-ybr422",
        finish(
            ds, "explicit", np.stack([pairs[:, 0, 0], pairs[:, 1, 0], pairs[:, 0, 1], pairs[:, 0, 2]], -1).tobytes()
        ),
    )
    ds = dataset(rgb, 8, "YBR_RCT")
    yield "j2k-rct", finish(ds, "j2k", [frame(rgb, 8, "j2k", ds)])
    smooth_rgb = np.stack([smooth(8), smooth(8)[::-1], smooth(8)[:, ::-1]], -1)
    from imagecodecs import jpeg_encode

    for name, photometric, options in (
        ("ybr", "YBR_FULL_422", {"subsampling": "444"}),
        ("ybr422", "YBR_FULL_422", {"subsampling": "422"}),
        ("rgb", "RGB", {"colorspace": "RGB", "outcolorspace": "RGB"}),
    ):
        ds = dataset(smooth_rgb, 8, photometric)
        data = bytes(jpeg_encode(smooth_rgb, level=95, **options))
        yield f"lossy-jpeg-{name}", finish(ds, "jpeg", [data])
    # No marker tells that these samples are RGB but the file.
    ds = dataset(smooth_rgb, 8, "RGB")
    bare = bytes(jpeg_encode(smooth_rgb, level=95, colorspace="RGB", outcolorspace="RGB"))
    yield "lossy-jpeg-bare-rgb", finish(ds, "jpeg", [nameless(bare)])
    for name, bits, entries, first in (("8", 8, 256, 0), ("16", 16, 200, 20)):
        indices = gradient(8, False, 7)
        ds = dataset(indices, 8, "PALETTE COLOR")
        for channel, colour_name in enumerate(("Red", "Green", "Blue")):
            table = (np.arange(entries) * (channel + 1) * (257 if bits == 16 else 1)) % 2**bits
            setattr(ds, f"{colour_name}PaletteColorLookupTableDescriptor", [entries, first, bits])
            setattr(ds, f"{colour_name}PaletteColorLookupTableData", table.astype(f"u{bits // 8}").tobytes())
        yield f"explicit-palette{name}", finish(ds, "explicit", indices.tobytes())


def grey_cases():
    """Tables, windows, padding and inversions, in syntaxes with and without VR."""
    number = 0
    for name, bits, signed, attributes in transformations():
        for photometric in ("MONOCHROME2", "MONOCHROME1"):
            syntax = ("explicit", "implicit", "big", "rle", "jls")[number % 5]
            number += 1
            pixels = gradient(bits, signed, number)
            ds = dataset(pixels, bits, photometric)
            for key, value in attributes.items():
                setattr(ds, key, value)
            yield f"{name}-{photometric[-1]}", finish(ds, syntax, wrap(syntax, frame(pixels, bits, syntax, ds)))


def transformations():
    window = {"WindowCenter": 2000, "WindowWidth": 3000}
    rescale = {"RescaleSlope": "1.5", "RescaleIntercept": "-1024"}
    yield "rescale", 12, False, rescale
    yield "rescale-identity", 12, False, {"RescaleSlope": "1", "RescaleIntercept": "0"}
    yield "rescale-negative", 12, False, {"RescaleSlope": "-0.684", "RescaleIntercept": "4095"}
    yield "rescale-signed", 12, True, {"RescaleSlope": "0.25", "RescaleIntercept": "7"}
    yield "linear", 12, False, window
    yield "linear-signed", 12, True, {"WindowCenter": "-100.5", "WindowWidth": 1001}
    yield "linear-narrow", 10, False, {"WindowCenter": 512, "WindowWidth": 1}
    yield "linear-several", 12, False, {"WindowCenter": [1000, 2000], "WindowWidth": [1500, 10]}
    yield "linear-rescale", 12, False, window | rescale
    yield "exact", 12, False, window | {"VOILUTFunction": "LINEAR_EXACT"}
    yield "sigmoid", 12, False, window | {"VOILUTFunction": "SIGMOID"}
    yield "sigmoid-rescale", 15, True, rescale | window | {"VOILUTFunction": "SIGMOID"}
    yield "voi12", 10, False, {"VOILUTSequence": table(1024, 0, 12)}
    yield "voi8", 8, False, {"VOILUTSequence": table(200, 20, 8)}
    yield "voi16-signed", 12, True, {"VOILUTSequence": table(700, -350, 16)}
    yield "voi-window", 10, False, {"VOILUTSequence": table(800, 0, 16)} | window
    yield (
        "voi-rescale",
        10,
        False,
        {"VOILUTSequence": table(600, -100, 16)}
        | {
            "RescaleSlope": "1",
            "RescaleIntercept": "-100",
        },
    )
    yield "modality16", 10, False, {"ModalityLUTSequence": table(900, 10, 16)}
    yield "modality8-signed", 10, True, {"ModalityLUTSequence": table(600, -300, 8)}
    yield (
        "modality-voi",
        9,
        False,
        {
            "ModalityLUTSequence": table(512, 0, 16, 10),
            "VOILUTSequence": table(900, 0, 16),
        },
    )
    yield "modality-linear", 9, False, {"ModalityLUTSequence": table(512, 0, 16, 12)} | window
    yield "padding", 12, False, {"PixelPaddingValue": 0} | window
    yield "padding-range", 12, False, {"PixelPaddingValue": 4095, "PixelPaddingRangeLimit": 3800} | rescale
    yield "padding-signed", 12, True, {"PixelPaddingValue": -2048, "PixelPaddingRangeLimit": -1500}
    yield "padding-table", 12, False, {"PixelPaddingValue": 0, "VOILUTSequence": table(700, 0, 12)}
    yield "inverse", 12, False, {"PresentationLUTShape": "INVERSE"} | window
    yield "identity", 12, False, {"PresentationLUTShape": "IDENTITY"}
    negative = {"RescaleSlope": "-1.5", "RescaleIntercept": "4095"}
    for shape in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        name = "negative-" + shape.lower().replace("_", "-")
        yield name, 12, False, negative | window | {"VOILUTFunction": shape}
    yield (
        "negative-voi",
        10,
        False,
        {"VOILUTSequence": table(600, -900, 16)}
        | {
            "RescaleSlope": "-1",
            "RescaleIntercept": "0",
        },
    )
    # A Modality LUT and a rescale exclude each other; the LUT counts.
    yield (
        "negative-modality",
        9,
        False,
        {"ModalityLUTSequence": table(512, 0, 16, 12)} | window | negative,
    )


def table(entries: int, first: int, bits: int, data_bits: int | None = None) -> Sequence:
    """A table that is no straight line."""
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [entries, first, bits])
    ramp = np.linspace(0, 1, entries) ** 1.7
    data = np.rint(ramp * (2 ** (data_bits or bits) - 1)).astype("u2")
    item.add_new(0x00283006, "US", data.tolist())
    return Sequence([item])


def frame_cases():
    """Three frames: offset tables, fragments."""
    frames = [gradient(8, False, seed) for seed in range(3)]
    ds = dataset(frames[0], 8, "MONOCHROME2", NumberOfFrames=3)
    yield "frames-native", finish(ds, "explicit", b"".join(f.tobytes() for f in frames))
    odd = [gradient(8, False, seed, 17, 23) for seed in range(3)]
    ds = dataset(odd[0], 8, "MONOCHROME2", NumberOfFrames=3)
    words = b"".join(f.tobytes() for f in odd) + b"\0"
    ds = finish(ds, "big", b"".join(words[i + 1 : i + 2] + words[i : i + 1] for i in range(0, len(words), 2)))
    ds["PixelData"].VR = "OW"
    yield "frames-words", ds
    for syntax in ("rle", "jls", "j2k", "sv1"):
        for offsets in ("basic", "extended", "none"):
            ds = dataset(frames[0], 8, "MONOCHROME2", NumberOfFrames=3)
            coded = [frame(f, 8, syntax, ds) for f in frames]
            yield f"frames-{syntax}-{offsets}", finish(ds, syntax, coded, offsets)
    for offsets in (True, False):
        from pydicom.encaps import encapsulate

        ds = dataset(frames[0], 8, "MONOCHROME2", NumberOfFrames=3)
        coded = [frame(f, 8, "jls", ds) for f in frames]
        ds = finish(ds, "jls", coded)
        ds.PixelData = encapsulate(coded, fragments_per_frame=2, has_bot=offsets)
        ds["PixelData"].is_undefined_length = True
        yield f"frames-fragments-{'basic' if offsets else 'none'}", ds


def wrap(syntax: str, data: bytes) -> bytes | list[bytes]:
    return data if syntax in NATIVE else [data]


def nameless(stream: bytes) -> bytes:
    """A JPEG stream without application markers, its components numbered 1 to 3."""
    result, at = bytearray(stream[:2]), 2
    while True:
        marker, length = stream[at + 1], int.from_bytes(stream[at + 2 : at + 4], "big")
        segment = bytearray(stream[at : at + 2 + length])
        if marker == 0xC0:
            segment[10], segment[13], segment[16] = 1, 2, 3
        if marker == 0xDA:
            segment[5], segment[7], segment[9] = 1, 2, 3
            return bytes(result + segment + stream[at + 2 + length :])
        if not 0xE0 <= marker <= 0xEF:
            result += segment
        at += 2 + length


def modality_range(ds: Dataset) -> tuple[float, float]:
    """What values may be after the modality step."""
    if "ModalityLUTSequence" in ds:
        return 0, 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    half = 2 ** (ds.BitsStored - 1)
    low, high = (-half, half - 1) if ds.PixelRepresentation else (0, 2 * half - 1)
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    return tuple(sorted((low * slope + intercept, high * slope + intercept)))


def voi(values: np.ndarray, ds: Dataset) -> np.ndarray:
    """The first table or window by PS3.3 C.11.2.1.1 to C.11.2.1.3."""
    low, high = modality_range(ds)
    if "VOILUTSequence" in ds:
        item = ds.VOILUTSequence[0]
        entries, first, bits = item.LUTDescriptor
        first = (first + 2**15) % 2**16 - 2**15 if low < 0 else first % 2**16
        data = item.LUTData
        if isinstance(data, bytes):
            data = np.frombuffer(data, "<u2" if ds.original_encoding[1] else ">u2")
        data = np.array(data, "u2" if bits > 8 else "u1")
        return data[np.clip((values.astype("f8") - first).astype("i8"), 0, (entries or 2**16) - 1)]
    if "WindowCenter" not in ds:
        return values
    center, width = (float(np.atleast_1d(ds[name].value)[0]) for name in ("WindowCenter", "WindowWidth"))
    x = values.astype("f8")
    shape = ds.get("VOILUTFunction", "LINEAR")
    if shape == "SIGMOID":
        return (high - low) / (1 + np.exp(-4 * (x - center) / width)) + low
    if shape == "LINEAR":
        center, width = center - 0.5, width - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        slanted = ((x - center) / width + 0.5) * (high - low) + low
    return np.where(x <= center - width / 2, low, np.where(x > center + width / 2, high, slanted))


def show(ds: Dataset, stored: np.ndarray) -> np.ndarray:
    if stored.ndim == 3:
        return stored
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(stored, ds)
    values = voi(apply_modality_lut(stored, ds), ds)
    padding = np.zeros(stored.shape, bool)
    if "PixelPaddingValue" in ds:
        limit = ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue)
        low, high = sorted((ds.PixelPaddingValue, limit))
        padding = (stored >= low) & (stored <= high)
    image = values[~padding]
    if image.size == 0:
        return values
    if ds.PhotometricInterpretation == "MONOCHROME1" or ds.get("PresentationLUTShape") == "INVERSE":
        values = (image.min() + image.max() - values).astype(values.dtype)
    values = values.copy()
    values[padding] = image.min()
    return values


def record(values: np.ndarray, tolerance: float | None = None) -> dict:
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    entry = {"type": values.dtype.name, "channels": values.shape[2] if values.ndim == 3 else 1}
    if tolerance is None:
        return entry | {"sha256": hashlib.sha256(little.tobytes()).hexdigest()}
    return entry | {"tolerance": tolerance, "values": base64.b64encode(little.tobytes()).decode()}


def expected(name: str, ds: Dataset) -> list[dict]:
    """One record for each frame."""
    arrays = decoded(name, ds)
    records = []
    for stored in arrays:
        # The two codecs are made by different hands; colours are rounded twice.
        if name.startswith("lossy-"):
            records.append({"reference": record(stored, 1)})
            continue
        shown = show(ds, stored)
        sigmoid = 1e-6 if "sigmoid" in name else None
        records.append({"reference": record(stored), "display": record(shown, sigmoid)})
    return records


def decoded(name: str, ds: Dataset) -> list[np.ndarray]:
    if name.startswith(("lossy-jpeg12", "lossy-jpeg-ybr422")):
        # pydicom has no decoder for 12 bits; and its upsampling of colours is not the one of libjpeg.
        from imagecodecs import jpeg_decode
        from pydicom.encaps import generate_frames

        return [jpeg_decode(next(generate_frames(ds.PixelData, number_of_frames=1)))]
    array = ds.pixel_array
    return list(array) if "NumberOfFrames" in ds else [array]


def write_fixtures() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.dcm"):
        old.unlink()
    answers, total = {}, 0
    for name, ds in cases():
        file = FOLDER / f"{name}.dcm"
        ds.save_as(file, enforce_file_format=True)
        total += file.stat().st_size
        answers[name] = expected(name, pydicom.dcmread(file))
    (FOLDER / "expected.json").write_text(json.dumps(answers, indent=1) + "\n")
    print(f"{len(answers)} files, {total} bytes")


def write_published(folder: pathlib.Path) -> None:
    answers = {}
    for file in sorted(folder.glob("*.dcm")):
        ds = pydicom.dcmread(io.BytesIO(file.read_bytes()))
        stored = ds.pixel_array
        answers[file.name] = {"reference": record(stored), "display": record(show(ds, stored))}
    (FOLDER / "published.json").write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.data:
        write_published(arguments.data)
    else:
        write_fixtures()
