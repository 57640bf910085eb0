"""Pictures for thermal paper: a PNG file becomes one bit per dot, dark dots set, no wider than the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import PIL.Image

from agent.devices.document import Image
from agent.errors import ConfigError

HEIGHT_MAX_PX: Final = 400  # 50 mm at 8 dots a millimetre: more is paper, not a logo
_SIDE_MAX_PX: Final = 4096


def load_logo(path: Path, *, width_max_px: int) -> Image:
    """Read a PNG, lay it on white, shrink it to `width_max_px` by HEIGHT_MAX_PX and dither it (Floyd-Steinberg).

    A picture that is smaller keeps its size, so a logo drawn in black and white stays as crisp as it was drawn.
    Raises ConfigError for a file that is missing, not a PNG or more than 4096 pixels wide or high.
    """
    try:
        with PIL.Image.open(path, formats=["PNG"]) as picture:
            if max(picture.size) > _SIDE_MAX_PX:
                width, height = picture.size
                raise ConfigError(f"logo {path} has {width} x {height} pixels, at most {_SIDE_MAX_PX} a side")
            rgba = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise ConfigError(f"logo {path} cannot be read as a PNG: {error}") from error
    grey = PIL.Image.alpha_composite(PIL.Image.new("RGBA", rgba.size, "white"), rgba).convert("L")
    scale = min(1.0, width_max_px / grey.width, HEIGHT_MAX_PX / grey.height)
    if scale < 1:
        size = max(1, round(grey.width * scale)), max(1, round(grey.height * scale))
        grey = grey.resize(size, PIL.Image.Resampling.LANCZOS)
    return pack(grey.convert("1"))


def pack(picture: PIL.Image.Image) -> Image:
    """A Pillow picture of mode "1" (white is 1) as the document's Image (black is 1)."""
    inverted = picture.convert("L").point(lambda level: 255 - level).convert("1", dither=PIL.Image.Dither.NONE)
    return Image(picture.width, picture.height, inverted.tobytes())
