"""The two encoders, trainable, with the parameter names of the published checkpoints."""

from .image import ImageConfig, ImageModel
from .text import TextConfig, TextModel

__all__ = ["ImageConfig", "ImageModel", "TextConfig", "TextModel"]
