"""What DCMTK shows of the DICOM fixtures, as a second opinion to pydicom's arithmetic.

    python scripts/export/dicom_display.py      writes test/fixtures/dicom/dcmtk.json

Needs DCMTK's dcm2pnm, dcmj2pnm and dcml2pnm (tried: 3.6.7) and the packages of requirements-dicom.txt. JPEG 2000 and
HTJ2K, which DCMTK does not decode, and whatever else it refuses, are decoded by pydicom first (`decoded` says so).

The first VOI LUT is applied, else the first window. Grey films are recorded as 8 bits, stretched from the least to the
greatest value of the pixels that are no padding (PS3.3 C.7.5.1.1.2), which DCMTK knows nothing of; `padding` has one
byte a pixel, 1 for those. Colours are recorded as they are.
"""

import base64
import json
import pathlib
import re
import subprocess
import tempfile

import numpy as np
import pydicom
from pydicom import uid
from pydicom.dataset import Dataset

FOLDER = pathlib.Path(__file__).parents[2] / "test/fixtures/dicom"
JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)


def main() -> None:
    version = subprocess.run(["dcmj2pnm", "--version"], capture_output=True, text=True).stdout
    films = {}
    for name in json.loads((FOLDER / "expected.json").read_text()):
        file = FOLDER / f"{name}.dcm"
        ds = pydicom.dcmread(file)
        films[name] = [shown(file, ds, frame) for frame in range(int(ds.get("NumberOfFrames", 1)))]
    record = {"dcmtk": re.search(r"v([\d.]+)", version)[1], "films": films}
    (FOLDER / "dcmtk.json").write_text(json.dumps(record, separators=(",", ":")).replace('],"', '],\n"') + "\n")
    print(len(films), "films,", sum("decoded" in film for frames in films.values() for film in frames), "decoded first")


def shown(file: pathlib.Path, ds: Dataset, frame: int) -> dict:
    values, decoded = draw(file, ds, frame), False
    if values is None:
        values, decoded = draw(plain(file), ds, frame), True
    entry: dict = {}
    if values.ndim == 2:
        padding = padding_of(ds)
        image = values[~padding]
        low, high = (image.min(), image.max()) if image.size else (0, 0)
        values = np.floor((np.clip(values, low, high) - low) / max(high - low, 1) * 255)
        if padding.any():
            entry["padding"] = packed(padding)
    if decoded:
        entry["decoded"] = "pydicom"
    return entry | {"values": packed(values)}


def draw(file: pathlib.Path, ds: Dataset, frame: int) -> np.ndarray | None:
    """Grey values of 16 bits [rows, columns], or colours of 8 [rows, columns, 3]."""
    program = "dcml2pnm" if ds.file_meta.TransferSyntaxUID in JPEG_LS else "dcmj2pnm"
    voi = ["+Wl", "1"] if "VOILUTSequence" in ds else ["+Wi", "1"] if "WindowCenter" in ds else ["-W"]
    grey = ds.PhotometricInterpretation.startswith("MONOCHROME")
    options = ["+F", str(frame + 1), *voi, "+opw" if grey else "+opb"]
    out = subprocess.run([program, *options, str(file)], capture_output=True, text=True)
    numbers = out.stdout.split()
    if out.returncode != 0 or not numbers:
        return None
    assert numbers[0] == ("P2" if grey else "P3"), numbers[:4]
    shape = (ds.Rows, ds.Columns) if grey else (ds.Rows, ds.Columns, 3)
    body = re.sub(r"#.*", "", out.stdout).split()
    return np.array(body[4:], dtype="f8").reshape(shape)


def plain(file: pathlib.Path) -> pathlib.Path:
    """The same film without compression."""
    ds = pydicom.dcmread(file)
    ds.decompress(generate_instance_uid=False)
    decoded = pathlib.Path(tempfile.gettempdir()) / "dicom-display.dcm"
    ds.save_as(decoded)
    return decoded


def padding_of(ds: Dataset) -> np.ndarray:
    if "PixelPaddingValue" not in ds:
        return np.zeros((ds.Rows, ds.Columns), bool)
    low, high = sorted((ds.PixelPaddingValue, ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue)))
    stored = ds.pixel_array
    return (stored >= low) & (stored <= high)


def packed(values: np.ndarray) -> str:
    return base64.b64encode(values.astype("u1").tobytes()).decode()


if __name__ == "__main__":
    main()
