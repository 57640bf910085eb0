import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.devices.document import Align, Cut, Document, Image, QRCode, Text, small_columns
from agent.errors import ConfigError
from agent.slips.columns import width
from agent.slips.facts import Addressee, SlipCode, SlipFacts, SlipLine, SlipReturns, SlipVoucher
from agent.slips.layout import lay_out
from agent.slips.settings import COLUMNS, SlipSettings
from agent.slips.texts import NoTextError
from tests.slips.samples import LETTERHEAD, SALE

DEMO_LOGO = Path(__file__).parents[2] / "config" / "demo" / "logo.png"
TYPED = st.text(max_size=70)


def _texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Text)]


def _sale_slip() -> list[str]:
    return _texts(lay_out(SALE, LETTERHEAD, Addressee("Anna")))


def test_the_slip_says_in_this_order_who_what_how_much_and_where() -> None:
    lines = _sale_slip()

    order = ["The Corner Shop", "Thank you, Anna", "1,262 points", "£5 off your shopping", "points.cornershop.example"]
    assert sorted(order, key=lines.index) == order


def test_every_figure_stands_at_the_right_edge_of_42_columns() -> None:
    lines = _sale_slip()

    assert f"{'Total':<36}£42.18" in lines
    assert f"{'Points for £32.18, per £1.00':<39}+32" in lines
    assert f"{'Coffee card':<35}7 of 10" in lines
    assert f"{'No points on gift-cards':<34}(£10.00)" in lines


def test_the_tiers_share_stands_below_the_points() -> None:
    assert any(line.startswith("Gold: 150% of the points") for line in _sale_slip())


def test_the_foot_names_receipt_till_time_and_the_journals_proof() -> None:
    receipt = f"{'Receipt 581475':<39}till-3 entry 4711"

    assert _sale_slip()[-2:] == [receipt, f"{'9 Dec 2011 12:50':<34}Proof 7f3a9c2e11d04b55"]


DETAILS = SlipCode("code_details", "c3mobyiptk6arv4f", "?claim=c3mobyiptk6arv4f")


@pytest.mark.parametrize(
    ("web", "scanned"),
    [
        ("https://club.example/me", "https://club.example/me?claim=c3mobyiptk6arv4f"),
        ("https://club.example/?shop=7", "https://club.example/?shop=7&claim=c3mobyiptk6arv4f"),
    ],
)
def test_a_code_that_goes_on_from_the_web_address_is_scanned_whole_and_typed_in_fours(web: str, scanned: str) -> None:
    document = lay_out(replace(SALE, codes=(DETAILS,)), replace(LETTERHEAD, web=web))

    assert QRCode(scanned) in document.blocks
    assert {"Complete your details here", "c3mo byip tk6a rv4f"} <= set(_texts(document))


def test_without_a_web_address_there_is_nowhere_to_go_on() -> None:
    document = lay_out(replace(SALE, codes=(DETAILS,)), replace(LETTERHEAD, web=""))

    assert "Complete your details here" not in _texts(document)
    assert not [block for block in document.blocks if isinstance(block, QRCode)]


def test_the_web_address_is_printed_without_its_scheme_and_scanned_with_it() -> None:
    document = lay_out(SALE, LETTERHEAD)

    assert "points.cornershop.example" in _texts(document)
    assert QRCode("https://points.cornershop.example") in document.blocks


def test_the_punch_card_is_a_picture_as_wide_as_the_text() -> None:
    document = lay_out(SALE, LETTERHEAD)

    assert [block.width_px for block in document.blocks if isinstance(block, Image)] == [42 * 12]


def test_a_punch_card_too_long_to_draw_is_told_in_numbers() -> None:
    document = lay_out(replace(SALE, punch_cards=(("Marathon", 3, 100),)), LETTERHEAD)

    assert f"{'Marathon':<34}3 of 100" in _texts(document)
    assert not [block for block in document.blocks if isinstance(block, Image)]


def test_the_slip_ends_with_one_cut() -> None:
    blocks = lay_out(SALE, LETTERHEAD).blocks

    assert blocks[-1] == Cut()
    assert blocks.count(Cut()) == 1


@pytest.mark.parametrize("name", [None, "", "\x1b\x00 "])
def test_without_a_name_the_thanks_stand_alone(name: str | None) -> None:
    assert "Thank you" in _texts(lay_out(SALE, LETTERHEAD, Addressee(name)))


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("sale", "Thank you, Anna"),
        ("redemption", "Enjoy your reward, Anna"),
        ("refund", "Your return, Anna"),
        ("enrolment", "Welcome, Anna"),
    ],
)
def test_every_kind_of_slip_has_its_own_title(kind: str, title: str) -> None:
    facts = SlipFacts.from_json(SALE.to_json() | {"kind": kind})

    assert title in _texts(lay_out(facts, LETTERHEAD, Addressee("Anna")))


def test_an_anonymous_sale_says_that_nothing_was_earned() -> None:
    lines = (SlipLine("no_member", {}),)
    facts = replace(SALE, account=None, tier=None, lines=lines, balances=(), nearest=None, punch_cards=())

    texts = _texts(lay_out(facts, LETTERHEAD))

    assert "No loyalty card shown: nothing was earned" in texts
    assert "Your balance" not in texts


def test_a_debt_is_shown_as_a_debt() -> None:
    assert "-38 points" in _texts(lay_out(replace(SALE, balances=(("points", -38),)), LETTERHEAD))


def test_a_reward_within_reach_is_said_to_be_so() -> None:
    texts = _texts(lay_out(replace(SALE, nearest=("Free coffee", 0, "points")), LETTERHEAD))

    assert "Yours now: just ask" in texts


def test_a_figure_that_would_be_broken_in_double_size_is_printed_in_single_size() -> None:
    facts = replace(SALE, nearest=("Free coffee", 1250, "points"))

    blocks = lay_out(facts, replace(LETTERHEAD, columns=32)).blocks

    assert Text("1,250 points to go", Align.CENTER, bold=True) in blocks


def test_a_reason_without_words_is_an_error_and_never_an_empty_line() -> None:
    with pytest.raises(NoTextError, match="'lottery'"):
        lay_out(replace(SALE, lines=(SlipLine("lottery", {}),)), LETTERHEAD)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(COLUMNS), TYPED, TYPED, TYPED, TYPED)
def test_whatever_people_typed_fits_the_paper_and_commands_nothing(
    columns: int, name: str, shop: str, reward: str, op: str
) -> None:
    facts = replace(SALE, op=op, tier=name, nearest=(reward, 10**9, shop), balances=((reward, -(10**12)),))
    letterhead = replace(LETTERHEAD, shop=shop, address=(name,), web=f"https://{shop}", columns=columns)

    for block in lay_out(facts, letterhead, Addressee(name)).blocks:
        if isinstance(block, Text):
            room = small_columns(columns) if block.small else columns
            assert width(block.text) * (2 if block.double else 1) <= room
            assert not any(unicodedata.category(char).startswith("C") for char in block.text)


def test_a_firm_space_in_a_web_address_stops_no_slip() -> None:
    blocks = lay_out(SALE, replace(LETTERHEAD, web="https://corner\u00a0shop.example")).blocks

    assert QRCode("https://corner shop.example") in blocks


def test_settings_become_a_letterhead_with_the_logo_read() -> None:
    letterhead = SlipSettings("The Corner Shop", logo=DEMO_LOGO, columns=32).letterhead()

    assert letterhead.logo is not None
    assert (letterhead.shop, letterhead.columns, letterhead.logo.width_px) == ("The Corner Shop", 32, 384)


def test_paper_of_another_width_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="'columns' is 40 but must be one of 32, 42, 48"):
        SlipSettings("The Corner Shop", columns=40)


def test_a_language_without_texts_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="'language' is 'tlh' but must be one of en"):
        SlipSettings("The Corner Shop", language="tlh")


@pytest.mark.parametrize("web", ["https://läden.example", "https://x.example/" + "a" * 200, "https://x\n.example"])
def test_a_web_address_that_no_code_can_carry_is_a_configuration_error(web: str) -> None:
    with pytest.raises(ConfigError, match=r"'web' is .* at most 200 printable ASCII"):
        SlipSettings("The Corner Shop", web=web)


def test_a_voucher_is_printed_with_its_code_to_scan_and_to_type() -> None:
    voucher = SlipVoucher("5.00 off", "Q" * 136, "J01DR3NQK8NY279P7ACR", "2024-12-31")
    document = lay_out(replace(SALE, vouchers=(voucher,)), LETTERHEAD)
    blocks = list(document.blocks)

    at = blocks.index(QRCode("Q" * 136))
    texts = [block.text for block in blocks[at - 3 : at + 3] if isinstance(block, Text)]
    assert texts == ["5.00 off", "Valid until 31 Dec 2024", "J01D R3NQ K8NY 279P 7ACR"]


def test_a_sale_s_code_for_returns_stands_above_the_foot_with_or_without_a_code_to_scan() -> None:
    typed = "J01DR3NQK8NY279P7ACR"
    scanned, plain = (
        lay_out(replace(SALE, returns=SlipReturns(typed, qr)), LETTERHEAD).blocks for qr in ("Q" * 170, None)
    )

    for blocks in (scanned, plain):
        texts = [block.text for block in blocks if isinstance(block, Text)]
        assert texts.index("J01D R3NQ K8NY 279P 7ACR") > texts.index("For returns at another till")
    assert QRCode("Q" * 170) in scanned
    assert len(scanned) == len(plain) + 3  # the code in its quiet zone
