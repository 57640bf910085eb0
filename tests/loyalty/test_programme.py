import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ProgrammeError
from agent.loyalty.cards import CardRange, Check, Source
from agent.loyalty.programme import PROGRAMME_BYTES_MAX, PunchCard, Reward, Tier, WithoutReceipt, load
from agent.loyalty.programme.conditions import Scope, When
from agent.loyalty.programme.rules.earning import By, EarnRule
from agent.loyalty.programme.rules.punching import PunchBy
from agent.loyalty.programme.units import Unit
from agent.loyalty.sale import MONEY_MAX
from tests.loyalty.shops import COFFEE, GOLD, HEAD, MONEY, POINTS, PROGRAMMES, programme

WHOLE = HEAD + 'check = "luhn"\n' + POINTS + COFFEE + MONEY + GOLD + '[refunds]\nwithout_receipt = "keep"\n'


def _mistake(old: str, new: str) -> str:
    """The message a file gets in which `old` (found once) is written as `new`."""
    assert WHOLE.count(old) == 1, old
    with pytest.raises(ProgrammeError) as caught:
        load(WHOLE.replace(old, new).encode())
    return str(caught.value)


def test_a_whole_file_is_read_as_it_says() -> None:
    read = load(WHOLE.encode())

    assert (read.name, read.currency) == ("Test shop", "EUR")
    assert read.cards == (CardRange("9250", 12, Check.LUHN, Source.NUMBER),)
    assert read.units == (Unit("points", "points"),)
    assert read.earn == (
        EarnRule(
            "earning",
            "points",
            By.AMOUNT,
            give=1,
            per=100,
            scope=Scope(exclude=frozenset({"gift-card"})),
            when=When(),
            with_tax=True,
            action=None,
            exclude_tenders=frozenset(),
            most_in_sale=None,
            most=(),
        ),
    )
    assert read.punch_cards == (
        PunchCard(
            "coffee",
            "Coffee card",
            PunchBy.ARTICLE,
            Scope(categories=frozenset({"coffee"})),
            When(),
            punches=9,
            value_max=450,
            head_start=0,
            expires=None,
        ),
    )
    assert read.tiers == (Tier("gold", "Gold", 50_000, 150, ()),)
    assert read.rewards == (Reward("money", "5.00 off", "points", 100, 500, part=True),)
    assert read.refunds.without_receipt is WithoutReceipt.KEEP


def test_what_may_be_left_out_has_its_default() -> None:
    read = load(HEAD.encode())

    assert (read.earn, read.punch_cards, read.tiers, read.rewards) == ((), (), (), ())
    assert read.refunds.without_receipt is WithoutReceipt.REVERSE
    assert programme(POINTS, MONEY.replace("part = true", "")).rewards[0].part is False
    assert programme(POINTS.replace('exclude = ["gift-card"]', "")).earn[0].scope == Scope()


def test_the_version_is_the_digest_of_the_very_bytes() -> None:
    data = (PROGRAMMES / "general-shop.toml").read_bytes()

    assert load(data).version == hashlib.sha256(data).hexdigest()
    assert load(data + b"\n").version != load(data).version


def test_a_programme_covers_the_cards_of_all_its_ranges() -> None:
    read = load((PROGRAMMES / "general-shop.toml").read_bytes())

    assert read.covers("04A1B2C3D4E5F6", Source.CHIP)
    assert read.covers("982600000004", Source.NUMBER) == CardRange("9826", 12, Check.LUHN).covers(
        "982600000004", Source.NUMBER
    )
    assert not read.covers("4111111111111111", Source.NUMBER)


def test_units_are_called_as_the_file_calls_them() -> None:
    read = load(WHOLE.encode())

    assert [read.unit_label(unit) for unit in ("points", "coffee", "spend")] == ["points", "Coffee card", "spend"]


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [("EUR", "1.5", 150), ("EUR", "0.01", 1), ("JPY", "300", 300), ("BHD", "0.250", 250), ("EUR", "007.10", 710)],
)
def test_money_is_read_in_the_minor_units_of_its_currency(currency: str, written: str, minor: int) -> None:
    text = (HEAD + POINTS).replace("EUR", currency).replace('per = "1.00"', f'per = "{written}"')

    assert load(text.encode()).earn[0].per == minor


def test_the_greatest_amount_is_the_limit_of_a_sale() -> None:
    text = HEAD + POINTS

    assert load(text.replace("1.00", "1000000000.00").encode()).earn[0].per == MONEY_MAX
    assert load(text.replace("EUR", "JPY").replace("1.00", "100000000000").encode()).earn[0].per == MONEY_MAX


@pytest.mark.parametrize(
    "written",
    [
        "2.5",  # a float
        "3",
        '"2.505"',
        '"0"',
        '"0.00"',
        '"-1.00"',
        '"+1.00"',
        '"NaN"',
        '"Infinity"',
        '"1e2"',
        '"1e400"',
        '"1e999999"',
        '"1000000000.01"',
        '"9223372036854775808"',
        '"1_0.00"',
        '" 1.00"',
        '"1,00"',
        '"1."',
        '".5"',
        '"\\u0663"',  # a digit, but not ASCII's
        '"2.50000000000000000000000000001"',
        '""',
        "true",
        "[]",
    ],
)
def test_an_amount_that_is_none_is_refused_with_its_limits(written: str) -> None:
    message = _mistake('per = "1.00"', f"per = {written}")

    assert message.startswith("line 17: [[earn]] number 1: per = ")
    assert message.endswith("must be an amount in quotes from 0.01 to 1000000000.00")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # keys nobody knows: the file, and every kind of table
        ('name = "Test shop"', 'name = "T"\nnamme = 1', "the programme: unknown key 'namme'; did you mean 'name'?"),
        ("[refunds]", "[refund]", "the programme: unknown key 'refund'; did you mean 'refunds'?"),
        ("[[earn]]", "[[earns]]", "unknown key 'earns'; did you mean 'earn'?"),
        ("length = 12", "length = 12\nlenght = 9", "[[cards]] number 1: unknown key 'lenght'; did you mean 'length'?"),
        ('exclude = ["gift-card"]', "excludes = []", "[[earn]] number 1: unknown key 'excludes'; did you mean 'exclu"),
        ("punches = 9", "punches = 9\npunch = 9", "[[punch_cards]] number 1: unknown key 'punch'; did you mean 'punch"),
        ("percent = 150", "percent = 150\npercents = 1", "[[tiers]] number 1: unknown key 'percents'; did you mean"),
        ("part = true", "parts = true", "[[rewards]] number 1: unknown key 'parts'; did you mean 'part'?"),
        (
            'without_receipt = "keep"',
            "receipt = 1",
            "[refunds]: unknown key 'receipt'; did you mean 'without_receipt'?",
        ),
        ("part = true", "zzz = 1", "unknown key 'zzz'; known keys are gives, id, label, unit, units, value, part"),
        # keys that are missing, with a guess at what was meant
        ('name = "Test shop"', "", "the programme: key 'name' is missing"),
        ("currency =", "curency =", "the programme: key 'currency' is missing; is it meant by 'curency'?"),
        ('from = "500.00"', "", "[[tiers]] number 1: key 'from' is missing"),
        ("punches = 9", "punchs = 9", "key 'punches' is missing; is it meant by 'punchs'?"),
        # values outside their limits
        ('"EUR"', '"euro"', "the programme: currency = 'euro' must be a text like [A-Z]{3}"),
        ('"EUR"', "978", "the programme: currency = 978 must be a text"),
        ('"Test shop"', '""', "the programme: name = '' must be a text"),
        ('"9250"', '"92x0"', "[[cards]] number 1: prefix = '92x0' must be a text like [0-9]{0,19}"),
        ("length = 12", "length = 21", "[[cards]] number 1: length = 21 must be a whole number from 4 to 20"),
        ("length = 12", "length = 12.0", "length = 12.0 must be a whole number"),
        ("length = 12", "length = true", "length = True must be a whole number"),
        ("length = 12", "length = 4", "[[cards]] number 1: prefix '9250' and check luhn do not fit"),
        ("length = 12", 'length = 12\nsource = "chip"', "check luhn do not fit chip cards"),
        ('check = "luhn"', 'check = "crc"', "[[cards]] number 1: check = 'crc' must be one of none, luhn, ean"),
        ('check = "luhn"', "check = []", "check = [] must be one of none, luhn, ean"),
        ("length = 12", 'length = 12\nsource = "nfc"', "source = 'nfc' must be one of number, chip"),
        ('id = "earning"', 'id = "Earning"', "[[earn]] number 1: id = 'Earning' must be a text like [a-z][a-z0-9-]"),
        ("give = 1", "give = 0", "[[earn]] number 1: give = 0 must be a whole number from 1 to 1000000000"),
        ("give = 1", "give = 9223372036854775808", "give = 9223372036854775808 must be a whole number"),
        ("give = 1", "give = nan", "give = nan must be a whole number"),
        ('["gift-card"]', '"gift-card"', "[[earn]] number 1: exclude = 'gift-card' must be a list of names"),
        ('["gift-card"]', '["Gift\\tcard"]', "exclude = ['Gift\\tcard'] must be a list of names"),
        ('["gift-card"]', "[1]", "exclude = [1] must be a list of names"),
        ('["coffee"]', "[]", "[[punch_cards]] number 1: 'categories', 'brands' and 'articles' name none"),
        ("punches = 9", "punches = 101", "punches = 101 must be a whole number from 1 to 100"),
        ("percent = 150", "percent = 99", "[[tiers]] number 1: percent = 99 must be a whole number from 100 to 1000"),
        ("units = 100", "units = -1", "[[rewards]] number 1: units = -1 must be a whole number from 1 to 1000000000"),
        ("part = true", 'part = "yes"', "[[rewards]] number 1: part = 'yes' must be true or false"),
        ("part = true", "part = 1", "part = 1 must be true or false"),
        ('"keep"', '"lose"', "[refunds]: without_receipt = 'lose' must be one of reverse, keep"),
        ("[[cards]]", "[cards]", "the programme: 'cards' must be tables [[cards]]"),
        ("[refunds]", "[[refunds]]", "the programme: 'refunds' must be a table [refunds]"),
        # what does not go together
        ('id = "gold"', 'id = "coffee"', "id 'coffee' is used 2 times; every unit and rule needs its own"),
        ('unit = "points"\ngive', 'unit = "miles"\ngive', "'earning': unit names 'miles', which is not in the pro"),
        ('unit = "points"\nunits', 'unit = "miles"\nunits', "'money': unit names 'miles', which is not in the pro"),
        ('id = "coffee"', 'id = "spend"', "id 'spend' is a name the programme's own counters have"),
    ],
)
def test_a_mistake_is_named_with_its_key_its_value_and_what_is_allowed(old: str, new: str, message: str) -> None:
    assert message in _mistake(old, new)


def test_a_second_table_is_named_by_its_number() -> None:
    with pytest.raises(ProgrammeError, match=r"\[\[cards\]\] number 2: key 'prefix' is missing"):
        load((HEAD + "[[cards]]\nlength = 9\n").encode())


def test_a_programme_without_cards_is_refused() -> None:
    with pytest.raises(ProgrammeError, match=r"no \[\[cards\]\], so no card would ever be accepted"):
        load(b'name = "a"\ncurrency = "EUR"\n')


def test_tiers_that_nobody_could_reach_are_refused() -> None:
    with pytest.raises(ProgrammeError, match=r"\[\[tiers\]\] but no \[\[earn\]\]"):
        programme(GOLD)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"name = ",
        b'name = "a"\nname = "b"\n',
        b"name = 'a'\r\rcurrency",
        b"x = " + b"[" * 100_000,
        b"x = " + b"1" * 5000,
        b"x = 2024-02-30",
    ],
)
def test_what_is_not_toml_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(ProgrammeError, match="the programme is not valid TOML: "):
        load(data)


def test_a_file_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(ProgrammeError, match=f"at most {PROGRAMME_BYTES_MAX} are allowed"):
        load(b"#" * (PROGRAMME_BYTES_MAX + 1))


@given(
    st.integers(0, len(WHOLE)),
    st.integers(0, 12),
    st.text(max_size=8) | st.sampled_from(["-1", '"', "nan", "[[", "{}"]),
)
def test_a_spoilt_file_is_a_programme_or_a_programme_error(at: int, cut: int, put: str) -> None:
    spoilt = (WHOLE[:at] + put + WHOLE[at + cut :]).encode()
    try:
        read = load(spoilt)
    except ProgrammeError as error:
        assert str(error)  # noqa: PT017 - no other error may come, and often none does
        return

    assert read.cards


def test_the_format_page_explains_every_key() -> None:
    readme = (PROGRAMMES.parents[1] / "agent" / "loyalty" / "PROGRAMME.md").read_text()
    tables = {"length = 12", "per = ", "punches = 9", "percent = 150", "units = 100", "without_receipt", "currency = "}
    for line in tables:
        whole = next(one for one in WHOLE.splitlines() if one.startswith(line))
        known = _mistake(whole, whole + "\nqqqq = 1").partition("known keys are ")[2].split(", ")

        assert len(known) > 0
        assert [key for key in known if f"`{key}`" not in readme and f"[{key}]" not in readme] == []


def test_a_rule_that_gives_more_than_can_be_kept_is_refused() -> None:
    text = (HEAD + POINTS).replace("give = 1", "give = 1000000000")

    with pytest.raises(ProgrammeError, match="give = 1000000000 for every 100 minor units is more than can be kept"):
        load(text.encode())
