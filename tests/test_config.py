import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from agent.config import TillSettings, load_config
from agent.devices.chips.settings import ChipSettings
from agent.devices.gs1.settings import LabelSettings
from agent.errors import ConfigError
from agent.slips.settings import SlipSettings
from agent.sync.settings import SyncSettings, When
from agent.web.settings import WebSettings
from tests.till_files import ROOT, set_up

EXAMPLE = ROOT / "config" / "till.toml"
SECTIONS: dict[str, type[Any]] = {
    "till": TillSettings,
    "slips": SlipSettings,
    "web": WebSettings,
    "sync": SyncSettings,
    "labels": LabelSettings,
    "chips": ChipSettings,
}

EVERY_KEY = """\
[till]
shop = "corner"
till = "till-2"
zone = "Europe/Chisinau"
folder = "data"
programme = "shop.toml"
printer = "slips"
articles = "articles.csv"
drawer = "slips"
display = "slips"
ballast_mb = 64
training_idle_min = 20

[slips]
shop = "Corner Shop"
address = ["1 High Street", "London"]
contact = "020 7946 0018"
web = "https://club.example/me"
logo = "logo.png"
columns = 32
language = "en"
keep_days = 14
template = "slips.toml"

[web]
port = 9000
host = "127.0.0.2"
hosts = ["till-1.shop.example:9000"]
origins = ["https://pos.example.com"]
language = "en"
advert = ["A tenth coffee is free"]
policies = "policies.toml"

[sync]
hq = "https://hq.example"
poll_s = 10
gather_s = 0.25
retry_s = 1.5
retry_max_s = 60.0
timeout_s = 5.0
profiles_days = 90
when = "window"
window = "22:00-04:00"
stale_h = 4
ca = "tls/ca.pem"

[labels]
country = "GB"
layouts = ["22IIIICVVVVV price 2"]
in_store = ["20-29"]
coupons = ["99"]
refund_receipts = ["980"]

[chips]
sun_keys = "sun-keys.toml"

[[device]]
name = "slips"
driver = "simulated"
category = "POSPrinter"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "till.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    """What is said of a till.toml with this text; every refusal has a hint."""
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text))
    assert caught.value.hint
    return str(caught.value)


def with_line(section: str, line: str) -> str:
    """The whole example of above with one more line in a section, or another one for the same key."""
    key = line.partition(" =")[0]
    head, mark, rest = EVERY_KEY.partition(f"[{section}]\n")
    body, *others = rest.split("\n\n")
    kept = [old for old in body.splitlines() if old.partition(" =")[0] != key]
    return "\n\n".join([head + mark + "\n".join([line, *kept]), *others]) + "\n"


# -- what is read ----------------------------------------------------------------------------------------------------


def test_every_key_is_read(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, EVERY_KEY))

    assert config.path == tmp_path / "till.toml"
    assert config.till == TillSettings(
        "corner",
        "till-2",
        "Europe/Chisinau",
        tmp_path / "data",
        tmp_path / "shop.toml",
        "slips",
        tmp_path / "articles.csv",
        "slips",
        "slips",
        64,
        20,
    )
    assert config.slips == SlipSettings(
        "Corner Shop",
        ("1 High Street", "London"),
        "020 7946 0018",
        "https://club.example/me",
        tmp_path / "logo.png",
        32,
        "en",
        14,
        template=tmp_path / "slips.toml",
    )
    assert config.web == WebSettings(
        9000,
        "127.0.0.2",
        ("till-1.shop.example:9000",),
        ("https://pos.example.com",),
        "en",
        ("A tenth coffee is free",),
        tmp_path / "policies.toml",
    )
    assert config.sync == SyncSettings(
        "https://hq.example", 10.0, 0.25, 1.5, 60.0, 5.0, 90, When.WINDOW, "22:00-04:00", 4, tmp_path / "tls" / "ca.pem"
    )
    assert config.chips == ChipSettings(tmp_path / "sun-keys.toml")
    (device,) = config.devices
    assert (device.name, device.driver, dict(device.settings)) == ("slips", "simulated", {"category": "POSPrinter"})


@pytest.mark.parametrize("section", SECTIONS)
def test_the_text_above_has_every_key(section: str) -> None:
    assert set(tomllib.loads(EVERY_KEY)[section]) == {field.name for field in fields(SECTIONS[section])}


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    config = load_config(set_up(tmp_path, programme=None, devices=False).config)

    assert (config.till.programme, config.till.printer) == (None, None)
    assert config.slips == SlipSettings("Corner Shop")
    assert config.web == WebSettings(port=0)
    assert config.sync is None
    assert config.chips is None
    assert config.devices == ()


def test_a_tills_names_say_where_its_files_are(tmp_path: Path) -> None:
    till = load_config(written(tmp_path, EVERY_KEY)).till

    assert till.id == "corner/till-2"
    assert till.ledger == tmp_path / "data" / "ledger.db"
    assert till.tokens == tmp_path / "data" / "tokens.json"


def test_relative_paths_count_from_the_file_wherever_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, EVERY_KEY)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    config = load_config(Path("../till.toml"))

    assert config.till.folder == tmp_path / "data"
    assert config.slips.logo == tmp_path / "logo.png"


def test_absolute_paths_stay_as_they_are(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, with_line("till", 'folder = "/var/lib/tallystick"')))

    assert config.till.folder == Path("/var/lib/tallystick")


def test_the_programme_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_bytes(b"name = 'x'\r\n")

    assert load_config(written(tmp_path, EVERY_KEY)).read_programme() == b"name = 'x'\r\n"
    assert load_config(set_up(tmp_path, programme=None).config).read_programme() is None


def test_a_programme_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, EVERY_KEY))

    with pytest.raises(ConfigError, match=r"'programme' '.*/shop.toml' cannot be read: No such file"):
        config.read_programme()


def test_what_is_shown_is_everything_in_force_and_fits_into_json(tmp_path: Path) -> None:
    shown = load_config(written(tmp_path, EVERY_KEY)).shown()

    assert list(shown) == ["file", "till", "slips", "web", "sync", "labels", "chips", "device"]
    for section, kind in SECTIONS.items():
        assert set(shown[section]) == {field.name for field in fields(kind)}
    assert shown["till"]["folder"] == str(tmp_path / "data")
    assert shown["device"] == [{"name": "slips", "driver": "simulated", "category": "POSPrinter"}]


def test_a_till_that_stands_alone_and_whose_chips_prove_nothing_shows_so(tmp_path: Path) -> None:
    shown = load_config(set_up(tmp_path).config).shown()

    assert (shown["sync"], shown["chips"]) == (None, None)


# -- what is refused -------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_refused_with_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no '.*/till.toml'") as caught:
        load_config(tmp_path / "till.toml")

    assert "TALLY_CONFIG" in caught.value.hint


@pytest.mark.parametrize("data", [b"[till", b"\xff\xfe", b"[till]\nshop = 'a'\nshop = 'b'\n"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "till.toml"
    path.write_bytes(data)

    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_an_unknown_section_is_refused_with_a_guess(tmp_path: Path) -> None:
    assert refusal(tmp_path, EVERY_KEY + "\n[slip]\n") == "till.toml: unknown section [slip]; did you mean 'slips'?"


@pytest.mark.parametrize(
    ("section", "line", "guess"),
    [
        ("till", 'zones = "UTC"', "zone"),
        ("slips", 'adress = ["x"]', "address"),
        ("web", "prot = 1", "port"),
        ("sync", "retry_max = 1.0", "retry_max_s"),
    ],
)
def test_an_unknown_key_is_refused_with_a_guess(tmp_path: Path, section: str, line: str, guess: str) -> None:
    said = refusal(tmp_path, with_line(section, line))

    assert said.startswith(f"[{section}]: unknown setting ")
    assert said.endswith(f"did you mean {guess!r}?")


@pytest.mark.parametrize(
    ("section", "key"), [("till", "shop"), ("till", "folder"), ("slips", "shop"), ("sync", "hq"), ("chips", "sun_keys")]
)
def test_a_missing_key_is_named(tmp_path: Path, section: str, key: str) -> None:
    text = with_line(section, f"{key} = 0").replace(f"{key} = 0\n", "")

    assert refusal(tmp_path, text) == f"[{section}]: the setting {key!r} is missing"


def test_an_empty_file_says_what_is_missing_first(tmp_path: Path) -> None:
    assert refusal(tmp_path, "") == "[till]: the setting 'shop' is missing"


@pytest.mark.parametrize("name", ["", "Corner", "corner shop", "-corner", "corner/1", "ș", "x" * 33])
@pytest.mark.parametrize("key", ["shop", "till"])
def test_a_name_that_cannot_stand_in_an_entry_is_refused(tmp_path: Path, key: str, name: str) -> None:
    said = refusal(tmp_path, with_line("till", f"{key} = {name!r}"))

    assert said == f"[till]: {key!r} is {name!r} but must be 1 to 32 lower-case letters, digits or -"


@pytest.mark.parametrize("zone", ["", "London", "Europe/london ", "/etc/passwd", "../zone"])
def test_a_time_zone_that_is_none_is_refused(tmp_path: Path, zone: str) -> None:
    said = refusal(tmp_path, with_line("till", f"zone = {zone!r}"))

    assert said == f"[till]: 'zone' is {zone!r} but must be a time zone like Europe/London"


@pytest.mark.parametrize(
    ("section", "line", "wanted"),
    [
        ("till", "shop = 7", "must be a text"),
        ("till", "folder = true", "must be a path"),
        ("till", "ballast_mb = 31", "must be from 32 to 1024 megabytes"),
        ("till", "ballast_mb = 1025", "must be from 32 to 1024 megabytes"),
        ("till", "training_idle_min = 0", "must be from 1 to 720 minutes"),
        ("till", "training_idle_min = 721", "must be from 1 to 720 minutes"),
        ("slips", 'address = "1 High Street"', "must be a list"),
        ("slips", "columns = 40", "must be one of 32, 42, 48"),
        ("slips", "columns = 42.0", "must be a whole number"),
        ("slips", 'language = "xx"', "must be one of"),
        ("web", 'port = "8765"', "must be a whole number"),
        ("web", "port = true", "must be a whole number"),
        ("web", "port = 80", "must be 0 or from 1024 to 65535"),
        ("web", 'host = "0.0.0.0"', "must be a loopback address"),
        ("web", 'origins = ["*"]', "takes origins like"),
        ("web", 'hosts = ["A B"]', "takes lower-case hosts"),
        ("sync", 'hq = "hq.example"', "must be an address like"),
        ("sync", 'hq = "http://hq.example"', "by https only"),
        ("sync", "poll_s = 0", "must be more than 0"),
        ("sync", "timeout_s = nan", "must be a finite number"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_the_right_one(
    tmp_path: Path, section: str, line: str, wanted: str
) -> None:
    said = refusal(tmp_path, with_line(section, line))

    assert said.startswith(f"[{section}]: ")
    assert wanted in said


def test_the_hint_of_a_room_comes_through(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, with_line("web", 'host = "10.0.0.1"')))

    assert "same machine" in caught.value.hint


@pytest.mark.parametrize("text", ["till = 1\n", "[[till]]\n"])
def test_a_section_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    assert "must be a section [till]" in refusal(tmp_path, text)


@pytest.mark.parametrize("text", ["[device]\nname = 'slips'\n", "device = ['slips']\n"])
def test_devices_that_are_no_list_of_sections_are_refused(tmp_path: Path, text: str) -> None:
    whole = EVERY_KEY.partition("[[device]]")[0]

    assert "[[device]]" in refusal(tmp_path, text + whole if text.startswith("device") else whole + text)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("driver = 'pcsc'", "number 2: 'name' is None"),
        ("name = 'Chip Reader'\ndriver = 'pcsc'", "number 2: 'name' is 'Chip Reader'"),
        ("name = 'chip'", "number 2 (chip): unknown driver None"),
        ("name = 'chip'\ndriver = 'pcscd'", "number 2 (chip): unknown driver 'pcscd'; did you mean 'pcsc'?"),
        ("name = 'slips'\ndriver = 'pcsc'", "name 'slips' is used twice"),
    ],
)
def test_a_device_that_cannot_be_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    assert said in refusal(tmp_path, f"{EVERY_KEY}\n[[device]]\n{lines}\n")


@pytest.mark.parametrize("key", ["printer", "drawer", "display"])
def test_a_name_that_is_no_device_is_refused_with_a_guess(tmp_path: Path, key: str) -> None:
    said = refusal(tmp_path, with_line("till", f'{key} = "slip"'))

    assert said == f"[till]: {key!r} 'slip' is no device; did you mean 'slips'?"


# -- the example that comes with the project -------------------------------------------------------------------------


def uncommented() -> str:
    """The example with every key that it shows commented out in force."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return "\n".join(line.removeprefix("# ") if is_key(line) else line for line in lines)


def is_key(line: str) -> bool:
    words = line.split()
    return line.startswith("# [") or (len(words) > 2 and words[0] == "#" and words[2] == "=")


def commented_defaults() -> Iterator[tuple[str, str]]:
    """Section and key of every line that is commented out."""
    section = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if "[" in line.split(" =", maxsplit=1)[0]:
            section = line.strip("# []")
        elif is_key(line):
            yield section, line.split()[1]


@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_names_every_key_there_is_and_no_other(section: str) -> None:
    assert set(tomllib.loads(uncommented())[section]) == {field.name for field in fields(SECTIONS[section])}


def test_what_the_example_shows_commented_out_is_the_default() -> None:
    shown = tomllib.loads(uncommented())
    defaults = {
        (section, field.name): field.default
        for section, kind in SECTIONS.items()
        for field in fields(kind)
        if field.default is not MISSING and field.default is not None  # what is left out has an example
    }
    checked = [place for place in commented_defaults() if place in defaults]

    assert len(checked) > 10
    for section, key in checked:
        value = shown[section][key]
        assert (tuple(value) if isinstance(value, list) else value) == defaults[section, key], f"[{section}] {key}"


def test_the_example_loads_as_it_is_and_with_everything_in_force(tmp_path: Path) -> None:
    assert load_config(EXAMPLE).sync is None
    in_force = load_config(written(tmp_path, uncommented())).sync
    assert in_force == SyncSettings("https://hq.example", ca=tmp_path / "ca.pem")
