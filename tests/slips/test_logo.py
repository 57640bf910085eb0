from pathlib import Path

import PIL.Image
import pytest

from agent.errors import ConfigError
from agent.slips.logo import load_logo, pack

DEMO_LOGO = Path(__file__).parents[2] / "config" / "demo" / "logo.png"


def _saved(picture: PIL.Image.Image, folder: Path) -> Path:
    path = folder / "logo.png"
    picture.save(path)
    return path


def test_black_dots_are_set_and_rows_are_packed_from_the_left() -> None:
    picture = PIL.Image.new("1", (9, 2), 1)
    picture.putpixel((0, 0), 0)
    picture.putpixel((8, 1), 0)

    assert pack(picture).rows == bytes((0b10000000, 0, 0, 0b10000000))


def test_a_small_logo_in_black_and_white_keeps_every_dot(tmp_path: Path) -> None:
    picture = PIL.Image.new("RGB", (16, 1), "white")
    for x in range(0, 16, 2):
        picture.putpixel((x, 0), (0, 0, 0))

    logo = load_logo(_saved(picture, tmp_path), width_max_px=384)

    assert (logo.width_px, logo.height_px, logo.rows) == (16, 1, b"\xaa\xaa")


def test_a_transparent_logo_lies_on_white(tmp_path: Path) -> None:
    logo = load_logo(_saved(PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 0)), tmp_path), width_max_px=384)

    assert logo.rows == bytes(8)


def test_a_wide_logo_is_shrunk_to_the_paper_and_keeps_its_shape(tmp_path: Path) -> None:
    logo = load_logo(_saved(PIL.Image.new("L", (768, 200), 0), tmp_path), width_max_px=384)

    assert (logo.width_px, logo.height_px) == (384, 100)


def test_a_tall_logo_does_not_eat_the_roll(tmp_path: Path) -> None:
    logo = load_logo(_saved(PIL.Image.new("L", (100, 4000), 0), tmp_path), width_max_px=384)

    assert logo.height_px == 400


def test_grey_is_dithered_to_about_its_share_of_black_dots(tmp_path: Path) -> None:
    logo = load_logo(_saved(PIL.Image.new("L", (64, 64), 191), tmp_path), width_max_px=384)

    black = sum(byte.bit_count() for byte in logo.rows)
    assert 0.2 < black / (64 * 64) < 0.3


def test_a_logo_that_is_no_png_is_a_configuration_error_naming_the_file(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(b"GIF89a not a PNG")

    with pytest.raises(ConfigError, match=r"logo\.png cannot be read as a PNG"):
        load_logo(path, width_max_px=384)


def test_a_truncated_png_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(DEMO_LOGO.read_bytes()[:200])

    with pytest.raises(ConfigError, match="cannot be read as a PNG"):
        load_logo(path, width_max_px=384)


def test_a_missing_logo_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.png"):
        load_logo(tmp_path / "none.png", width_max_px=384)


def test_a_huge_logo_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="5000 x 1 pixels, at most 4096"):
        load_logo(_saved(PIL.Image.new("1", (5000, 1)), tmp_path), width_max_px=384)


def test_the_logo_of_the_demo_prints_dot_for_dot() -> None:
    logo = load_logo(DEMO_LOGO, width_max_px=384)

    with PIL.Image.open(DEMO_LOGO) as picture:
        assert logo == pack(picture.convert("1"))
