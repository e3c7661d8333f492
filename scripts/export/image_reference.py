"""Writes test/fixtures/image/expected.json: what hi-ml makes of generated images, as hashes.

The images are functions of whole numbers, the same here and in test/support/images.ts, so that only hashes are
kept. hi-ml's own functions read the files and prepare them, with the Pillow, scikit-image, SimpleITK, pydicom and
torchvision that are installed.

    python image_reference.py [--films FOLDER]   # FOLDER: as BIOVIL_TEST_DATA; adds its PNG and DICOM films
"""

import argparse
import base64
import gzip
import hashlib
import io
import json
import struct
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np
import PIL
import PIL.ImageCms
import pydicom
import skimage.io
from health_multimodal.image.data import io as himl_io
from health_multimodal.image.data.io import load_image, remap_to_uint8
from PIL import Image
from pydicom.uid import JPEGBaseline8Bit
from torchvision.transforms import CenterCrop, Resize

CHANNELS = {"grey": 1, "la": 2, "rgb": 3, "rgba": 4, "palette": 1}
PNG_TYPES = {"grey": 0, "rgb": 2, "palette": 3, "la": 4, "rgba": 6}
SIZES = [(512, 512), (700, 513), (513, 700), (300, 200), (97, 341), (801, 640), (640, 1024), (1023, 767)]
NIFTI_TYPES = {
    "uint8": 2,
    "int16": 4,
    "int32": 8,
    "float32": 16,
    "float64": 64,
    "int8": 256,
    "uint16": 512,
    "uint32": 768,
}


def noise(count: int, seed: int) -> np.ndarray:
    x = (np.arange(count, dtype=np.uint64) + np.uint64(seed * 0x9E3779B9)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return (x ^ (x >> np.uint64(16))).astype(np.int64)


def samples(case: dict) -> np.ndarray:
    """[height, width, channels], whole numbers from low to high: stripes with noise on them."""
    width, height, channels = case["width"], case["height"], CHANNELS[case.get("colour", "grey")]
    span = case["high"] - case["low"] + 1
    y, x, c = np.indices((height, width, channels), dtype=np.int64)
    stripes = (x * 3 + y * 5 + c * 40) * max(1, span >> 10)
    grain = noise(width * height * channels, case["seed"]).reshape(height, width, channels)
    return case["low"] + (stripes + grain % max(1, span >> 2)) % span


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(case: dict, values: np.ndarray) -> bytes:
    bits = case["bits"]
    if bits == 16:
        rows = values.astype(">u2").reshape(case["height"], -1).view(np.uint8)
    elif bits == 8:
        rows = values.astype(np.uint8).reshape(case["height"], -1)
    else:
        flat = values.reshape(case["height"], -1).astype(np.uint8)
        each = np.unpackbits(flat[:, :, None], axis=2)[:, :, 8 - bits :]
        rows = np.packbits(each.reshape(case["height"], -1), axis=1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", case["width"], case["height"], bits, PNG_TYPES[case["colour"]], 0, 0, 0)
    extra = b""
    if case["colour"] == "palette":
        extra = chunk(b"PLTE", bytes((i * 7 + c * 50) % 256 for i in range(1 << bits) for c in range(3)))
    if "transparent" in case:
        kind = "B" if case["colour"] == "palette" else "H"
        extra += chunk(b"tRNS", struct.pack(f">{len(case['transparent'])}{kind}", *case["transparent"]))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )


def nifti(case: dict, values: np.ndarray) -> bytes:
    kind = np.dtype(case["type"])
    header = bytearray(352)
    order = ">" if case.get("big_endian") else "<"
    struct.pack_into(order + "i", header, 0, 348)
    struct.pack_into(order + "8h", header, 40, 3, case["width"], case["height"], 1, 1, 1, 1, 1)
    struct.pack_into(order + "hh", header, 70, NIFTI_TYPES[case["type"]], kind.itemsize * 8)
    struct.pack_into(order + "8f", header, 76, 1, 1, 1, 1, 0, 0, 0, 0)
    struct.pack_into(order + "3f", header, 108, 352, case.get("slope", 0), case.get("intercept", 0))
    struct.pack_into(order + "h", header, 252, 1)
    header[344:348] = b"n+1\0"
    return gzip.compress(bytes(header) + (values / case.get("divisor", 1)).astype(kind.newbyteorder(order)).tobytes())


def png_cases() -> list[dict]:
    cases = []
    ranges = {8: (0, 255), 16: (0, 65535)}
    for colour in ("grey", "la", "rgb", "rgba"):
        for bits in (8, 16):
            for width, height in SIZES[:4] if colour != "grey" else SIZES:
                low, high = ranges[bits] if (width + height) % 2 == 0 else (20, 180 * (1 if bits == 8 else 20))
                cases.append(dict(colour=colour, bits=bits, width=width, height=height, low=low, high=high))
    for bits in (1, 2, 4):
        cases.append(dict(colour="grey", bits=bits, width=301, height=333, low=0, high=(1 << bits) - 1))
    for bits in (2, 8):
        cases.append(dict(colour="palette", bits=bits, width=333, height=301, low=0, high=(1 << bits) - 1))
    cases.append(dict(colour="palette", bits=4, width=99, height=98, low=0, high=15, transparent=[0, 128, 3]))
    cases.append(dict(colour="grey", bits=8, width=99, height=98, low=0, high=100, transparent=[40]))
    cases.append(dict(colour="grey", bits=16, width=99, height=98, low=0, high=100, transparent=[40]))
    cases.append(dict(colour="rgb", bits=8, width=99, height=98, low=0, high=100, transparent=[4, 44, 84]))
    for width, height in (
        (1, 1),
        (1, 60),
        (60, 1),
        (2, 7),
        (600, 1300),
        (1300, 600),
        (515, 2048),
        (480, 480),
        (1, 512),
    ):
        cases.append(dict(colour="grey", bits=8, width=width, height=height, low=3, high=250))
    cases.append(dict(colour="grey", bits=16, width=64, height=80, low=777, high=777))
    cases.append(dict(colour="rgba", bits=8, width=80, height=64, low=255, high=255))
    return cases


def nifti_cases() -> list[dict]:
    cases = [dict(type=name, low=0, high=100) for name in NIFTI_TYPES]
    cases.append(dict(type="int16", low=-3000, high=9000, big_endian=True))
    cases.append(dict(type="float32", low=-3000, high=9000, divisor=7, big_endian=True))
    cases.append(dict(type="float64", low=-3000, high=9000, divisor=7))
    cases.append(dict(type="int16", low=-3000, high=9000, slope=0.37, intercept=-11.3))
    cases.append(dict(type="int32", low=0, high=90000000, slope=0.1, intercept=3))
    cases.append(dict(type="float64", low=0, high=4000, divisor=3, slope=-1.5, intercept=0.1))
    cases.append(dict(type="int8", low=-100, high=100, slope=1, intercept=0))
    return [dict(case, width=211 + i, height=187 + 3 * i) for i, case in enumerate(cases)]


def percentile_cases() -> list[dict]:
    """Of every type of samples, between ranks and on them, of many samples and of few."""
    pictures = [dict(kind="png", colour="grey", bits=8, width=97, height=101, low=3, high=200)]
    pictures += [
        dict(kind="png", colour=colour, bits=16, width=61, height=47, low=9, high=40000) for colour in ("grey", "rgba")
    ]
    pictures.append(dict(kind="png", colour="rgb", bits=8, width=64, height=50, low=0, high=255))
    pictures.append(dict(kind="png", colour="grey", bits=16, width=3, height=2, low=0, high=5000))
    pictures += [dict(kind="nifti", type=name, width=83, height=59, low=0, high=100) for name in NIFTI_TYPES]
    pictures.append(dict(kind="nifti", type="int16", width=83, height=59, low=-3000, high=9000))
    pictures.append(dict(kind="nifti", type="float32", width=83, height=59, low=-3000, high=9000, divisor=7))
    pictures.append(dict(kind="nifti", type="float64", width=83, height=59, low=-3000, high=9000, divisor=7))
    pictures.append(dict(kind="nifti", type="int32", width=83, height=59, low=0, high=90000000, slope=0.1, intercept=3))
    ranges = [(0.1, 99.9), (0, 100), (1, 99), (2.5, 50), (33.3, 66.7), (49.99, 50), (0, 0.01), (99.97, 100)]
    return [dict(picture, percentiles=found) for picture in pictures for found in ranges]


def encoded_cases() -> list[dict]:
    """Small files of lossy formats, kept whole."""
    values = samples(dict(colour="rgb", width=41, height=33, low=0, high=255, seed=900)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(values).resize((61, 47), Image.Resampling.BICUBIC))
    rotated = Image.Exif()
    rotated[0x112] = 6
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    grey = smooth[..., 0].copy()
    made = []
    for name, image, options in (
        ("grey.jpg", grey, dict(quality=80)),
        ("420.jpg", smooth, dict(quality=75)),
        ("444.jpg", smooth, dict(quality=75, subsampling=0)),
        ("progressive-422.jpg", smooth, dict(quality=70, subsampling=1, progressive=True)),
        ("orientation.jpg", grey, dict(quality=60, exif=rotated)),
        ("profile.jpg", smooth, dict(quality=60, icc_profile=profile)),
        ("lossy.webp", smooth, dict(quality=70)),
        ("alpha.webp", np.dstack([smooth, grey]), dict(lossless=True, exact=True)),
    ):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "webp" if name.endswith("webp") else "jpeg", **options)
        made.append(dict(name=name, base64=base64.b64encode(file.getvalue()).decode()))
    return made


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def prepared(film: Image.Image) -> dict:
    small = Resize(512)(film)
    result = {f"crop{size}": sha(np.asarray(CenterCrop(size)(small)).tobytes()) for size in (480, 448)}
    grey = np.asarray(film)
    return dict(result, film=sha(grey.tobytes()), meanGrey=float(grey.mean(dtype=np.float64)), size=[*film.size])


def read(name: str, data: bytes) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        if path.suffix == ".webp":
            return Image.fromarray(remap_to_uint8(skimage.io.imread(path))).convert("L")
        return load_image(path)


def read_between(name: str, data: bytes, percentiles: tuple[float, float]) -> Image.Image:
    """As hi-ml loads an image, but with the percentiles that its loader does not pass on."""
    himl_io.remap_to_uint8 = lambda array: remap_to_uint8(array, percentiles)
    try:
        return read(name, data)
    finally:
        himl_io.remap_to_uint8 = remap_to_uint8


def generated() -> dict:
    result = {"png": [], "nifti": [], "encoded": []}
    for kind, cases, encode in (("png", png_cases(), png), ("nifti", nifti_cases(), nifti)):
        for seed, case in enumerate(cases):
            case = dict(case, seed=seed)
            values = samples(case)
            name = "image.png" if kind == "png" else "image.nii.gz"
            source = sha(values.astype("<i4").tobytes())
            result[kind].append(dict(case, samples=source, **prepared(read(name, encode(case, values)))))
    result["percentiles"] = []
    for seed, case in enumerate(percentile_cases(), 500):
        case = dict(case, seed=seed)
        values = samples(case)
        encode, name = (png, "image.png") if case["kind"] == "png" else (nifti, "image.nii.gz")
        film = np.asarray(read_between(name, encode(case, values), case["percentiles"]))
        result["percentiles"].append(dict(case, film=sha(film.tobytes()), grey=[int(film.min()), int(film.max())]))
    for case in encoded_cases():
        result["encoded"].append(dict(case, **prepared(read(case["name"], base64.b64decode(case["base64"])))))
    return result


def films(folder: Path) -> list[dict]:
    """Raw stored pixels, as hi-ml takes them; frame 0 where there are several."""
    found = []
    for path in sorted([*folder.glob("png/*.png"), *folder.glob("dicom/*.dcm")]):
        if path.suffix == ".png":
            film = load_image(path)
        else:
            data = pydicom.dcmread(path)
            if data.file_meta.TransferSyntaxUID == JPEGBaseline8Bit:
                # What pydicom uses when no other plugin is installed; decoders of lossy JPEG differ by a grey level.
                data.pixel_array_options(decoding_plugin="pillow")
            pixels = data.pixel_array
            if int(data.get("NumberOfFrames") or 1) > 1:
                pixels = pixels[0]
            film = Image.fromarray(remap_to_uint8(pixels)).convert("L")
        found.append(dict(name=path.relative_to(folder).as_posix(), **prepared(film)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[2] / "test/fixtures/image/expected.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    versions = {"pillow": PIL.__version__, "scikit-image": skimage.__version__, "pydicom": pydicom.__version__}
    kept = json.loads(arguments.output.read_text()) if arguments.output.exists() else {}
    result = dict(versions=versions, **generated(), films=kept.get("films", []))
    if arguments.films:
        result["films"] = films(arguments.films)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(
        json.dumps(key)
        + ": "
        + (json.dumps(value) if isinstance(value, dict) else "[\n" + ",\n".join(map(json.dumps, value)) + "\n]")
        for key, value in result.items()
    )
    arguments.output.write_text("{\n" + text + "\n}\n")


if __name__ == "__main__":
    main()
