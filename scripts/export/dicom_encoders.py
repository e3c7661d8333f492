"""Small DICOM files in every transfer syntax, for dicom_fixtures.py."""

from copy import deepcopy

import imagecodecs
import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames

NATIVE = {
    "implicit": uid.ImplicitVRLittleEndian,
    "explicit": uid.ExplicitVRLittleEndian,
    "big": uid.ExplicitVRBigEndian,
    "deflated": uid.DeflatedExplicitVRLittleEndian,
}
LOSSLESS = {
    "rle": uid.RLELossless,
    "p14": uid.JPEGLossless,
    "sv1": uid.JPEGLosslessSV1,
    "jls": uid.JPEGLSLossless,
    "j2k": uid.JPEG2000Lossless,
    "htj2k": uid.HTJ2KLossless,
    "rpcl": uid.HTJ2KLosslessRPCL,
}
LOSSY = {
    "jpeg": uid.JPEGBaseline8Bit,
    "jpeg12": uid.JPEGExtended12Bit,
    "near": uid.JPEGLSNearLossless,
    "j2ki": uid.JPEG2000,
    "htj2ki": uid.HTJ2K,
}
SYNTAXES = NATIVE | LOSSLESS | LOSSY


def dataset(pixels: np.ndarray, bits: int, photometric: str, **attributes: object) -> Dataset:
    """A data set without pixel data: what the image pixel module needs and nothing of a patient."""
    rows, columns = pixels.shape[:2]
    ds = Dataset()
    ds.SOPClassUID = uid.DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = "2.25.1"
    ds.Modality = "DX"
    ds.Rows, ds.Columns = rows, columns
    ds.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated = pixels.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    if pixels.ndim == 3:
        ds.PlanarConfiguration = 0
    for name, value in attributes.items():
        setattr(ds, name, value)
    return ds


def finish(ds: Dataset, syntax: str, data: bytes | list[bytes], table: str = "basic") -> Dataset:
    """Adds pixel data, encapsulated where the syntax says so, and the file meta information."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = SYNTAXES[syntax]
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    if isinstance(data, bytes):
        ds.PixelData = data + b"\0" * (len(data) % 2)
        ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
        return ds
    if table == "extended":
        ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(data)
    else:
        ds.PixelData = encapsulate(data, has_bot=table == "basic")
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return ds


def frame(pixels: np.ndarray, bits: int, syntax: str, ds: Dataset, predictor: int = 1) -> bytes:
    """One coded frame."""
    if syntax in NATIVE:
        order = ">" if syntax == "big" else "<"
        return pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    if syntax == "j2k":
        return jpeg2000(pixels, bits, ds, reversible=True)
    if syntax in ("rle", "jls"):
        return by_pydicom(pixels, syntax, ds)
    if syntax in ("p14", "sv1"):
        plain = unsigned(pixels, bits)
        if bits == 8:
            plain = plain.astype("u1")
        space = "RGB" if pixels.ndim == 3 else None
        return imagecodecs.jpeg_encode(
            plain, lossless=True, predictor=predictor, bitspersample=bits, colorspace=space, outcolorspace=space
        )
    if syntax in ("htj2k", "rpcl"):
        return imagecodecs.htj2k_encode(pixels, reversible=True)
    if syntax == "jpeg":
        return imagecodecs.jpeg_encode(pixels, level=92)
    if syntax == "jpeg12":
        return imagecodecs.jpeg_encode(pixels, level=92, bitspersample=12)
    if syntax == "near":
        return imagecodecs.jpegls_encode(pixels, level=2)
    if syntax == "j2ki":
        return jpeg2000(pixels, bits, ds, reversible=False, level=45)
    if syntax == "htj2ki":
        return imagecodecs.htj2k_encode(pixels, level=0.002, reversible=False)
    raise ValueError(syntax)


def jpeg2000(pixels: np.ndarray, bits: int, ds: Dataset, **options: object) -> bytes:
    transform = ds.PhotometricInterpretation in ("YBR_RCT", "YBR_ICT")
    options |= {"codecformat": "j2k", "bitspersample": bits, "resolutions": 2, "mct": transform}
    return imagecodecs.jpeg2k_encode(pixels, **options)


def by_pydicom(pixels: np.ndarray, syntax: str, ds: Dataset) -> bytes:
    copy = deepcopy(ds)
    copy.NumberOfFrames = 1
    copy.file_meta = FileMetaDataset()
    copy.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    if syntax == "rle":
        copy.BitsStored = copy.BitsAllocated  # all bits are coded, also those that are not stored
        copy.HighBit = copy.BitsStored - 1
    copy.compress(SYNTAXES[syntax], pixels, generate_instance_uid=False)
    ds.PhotometricInterpretation = copy.PhotometricInterpretation
    return next(generate_frames(copy.PixelData, number_of_frames=1))


def unsigned(pixels: np.ndarray, bits: int) -> np.ndarray:
    """The bits that are stored, without sign: lossless JPEG has none."""
    return (pixels.astype("i4") & (2**bits - 1)).astype("u2")
