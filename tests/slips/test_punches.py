import PIL.Image
import pytest

from agent.devices.document import Align, Image
from agent.slips.punches import PUNCHES_MAX, punch_card


def _picture(image: Image) -> PIL.Image.Image:
    return PIL.Image.frombytes("1", (image.width_px, image.height_px), image.rows).convert("L")


def _centres(image: Image, of: int) -> list[bool]:
    """Whether the middle of each ring of a one-row card is black, beside the star in the last."""
    picture = _picture(image)
    margin = image.width_px // 40
    cell = (image.width_px - 2 * margin) // max(of, 8)
    left = (image.width_px - of * cell) // 2
    return [
        picture.getpixel((left + place * cell + cell // 2, (image.height_px - 8) // 2)) == 255 for place in range(of)
    ]


@pytest.mark.parametrize("width_px", [384, 504, 576])
@pytest.mark.parametrize("punched", [0, 1, 7, 9])
def test_as_many_rings_are_filled_as_were_punched(punched: int, width_px: int) -> None:
    card = punch_card(punched=punched, of=10, width_px=width_px)

    assert _centres(card, 10)[:9] == [place < punched for place in range(9)]


def test_the_last_ring_carries_a_star_until_it_is_punched() -> None:
    assert _centres(punch_card(punched=0, of=10, width_px=504), 10)[-1] is True
    assert _centres(punch_card(punched=10, of=10, width_px=504), 10)[-1] is False


def test_more_punches_than_rings_fill_the_card() -> None:
    assert punch_card(punched=12, of=10, width_px=504) == punch_card(punched=10, of=10, width_px=504)


def test_a_long_card_is_drawn_in_even_rows() -> None:
    one_row = punch_card(punched=0, of=6, width_px=504)
    two_rows = punch_card(punched=0, of=12, width_px=504)

    assert two_rows.height_px - one_row.height_px > 40


@pytest.mark.parametrize("of", [1, 2, 10, 11, PUNCHES_MAX])
def test_every_card_is_as_wide_as_the_text_and_stands_with_it(of: int) -> None:
    card = punch_card(punched=1, of=of, width_px=504)

    assert (card.width_px, card.align) == (504, Align.LEFT)
    assert len(card.rows) == 63 * card.height_px
