from dataclasses import dataclass

from agent.devices.categories import Category
from agent.devices.loading import DeviceSetup
from agent.upkeep.calibration.bursts import Finding
from agent.upkeep.calibration.fitting import fitted

SETUP = DeviceSetup("scanner", "x", {"path": "/dev/x", "idle_s": 1.0, "old": 1})


@dataclass
class Typing:
    path: str
    category: Category
    layout: str = "us"
    idle_s: float = 0.3


@dataclass
class Sending:
    path: str
    prefix: str = ""
    one_line: bool = False


def finding(**settings: object) -> Finding:
    return Finding(Category.SCANNER, {}, settings, ("first",))


def test_only_what_the_driver_knows_is_set() -> None:
    setup, advice = fitted(finding(layout="fr", prefix=None, lrc="none", one_line=False), SETUP, Typing)

    assert setup == DeviceSetup(
        "scanner", "x", {"path": "/dev/x", "idle_s": 1.0, "category": "Scanner", "layout": "fr"}
    )
    assert advice == ("first",)


def test_what_the_driver_does_anyway_is_not_said() -> None:
    setup, _ = fitted(finding(layout="us", idle_s=None), SETUP, Typing)

    assert setup.settings == {"path": "/dev/x", "category": "Scanner"}


def test_what_the_driver_cannot_be_told_becomes_advice() -> None:
    _, advice = fitted(finding(prefix="~\r", suffix="#", lrc="track"), SETUP, Typing)

    assert [text.partition(" in the reader")[0] for text in advice[1:]] == [
        "switch the prefix ~<CR> off",
        "set the suffix # to CR or Enter",
        "switch the check characters (LRC) off",
    ]


def test_a_driver_of_one_category_is_not_told_it() -> None:
    setup, advice = fitted(finding(prefix="~", one_line=True), SETUP, Sending)

    assert setup.settings == {"path": "/dev/x", "prefix": "~", "one_line": True}
    assert advice == ("first",)
