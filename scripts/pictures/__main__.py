"""Walk a till through its states and take a picture of each."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.slips.texts import LANGUAGES
from tests.browser.chromium import browser
from tests.browser.house import DISPLAY, SUPERVISOR, SUPERVISOR_PIN, House
from tests.browser.screen import Screen, screen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(".cache/screenshots")
SIZES = ("800x600", "1024x768", "1920x1080")
EVERY = "1024x768"  # the size in which every language is looked at
SETTLED_MS = 350


@dataclass(frozen=True, slots=True)
class Camera:
    """Takes pictures of a cashier's screen and a customer's display beside it, into a folder."""

    till: Screen
    display: Screen
    folder: Path

    def take(self, name: str, *, display: bool = False) -> None:
        """Take a picture of the state that is shown."""
        page = (self.display if display else self.till).page
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=self.folder / f"{name}.png")


def main(asked: list[str]) -> None:
    """Take what was asked for: sizes, languages, or all."""
    sizes = [one for one in asked if "x" in one]
    languages = [one for one in asked if one in LANGUAGES]
    if not asked:
        sizes, languages = list(SIZES), [language for language in LANGUAGES if language != "en"]
    wanted = [("en", size) for size in sizes] + [(language, EVERY) for language in languages]
    with tempfile.TemporaryDirectory(prefix="tallystick-pictures-") as folder, browser() as chromium:
        for language, size in wanted:
            _walk(chromium, Path(folder) / f"{language}-{size}", language, size)


def _walk(chromium: Browser, folder: Path, language: str, size: str) -> None:
    kept = FOLDER / f"{language}-{size}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    width, height = map(int, size.split("x"))
    with (
        House(folder) as house,
        screen(chromium, house, language=language, size=(width, height)) as till,
        screen(chromium, house, language=language, size=(width, height), token=DISPLAY) as display,
    ):
        camera = Camera(till, display, kept)
        for scene in SCENES:
            scene(camera, house)
            till.hands.back()
            till.hands.back()
            till.put_away()
    with House(folder.with_name(f"{folder.name}-touched")) as house:
        _touch(chromium, house, kept, language=language, size=(width, height))
    print(kept)


def _touch(chromium: Browser, house: House, kept: Path, *, language: str, size: tuple[int, int]) -> None:
    with screen(chromium, house, language=language, size=size, by="touch") as till:
        till.hands.open("enrol")
        till.flow("enrol")
        till.page.wait_for_timeout(SETTLED_MS)
        till.page.screenshot(path=kept / "touch-enrol.png")
        till.hands.press("#enrol-more summary")
        till.page.locator("#enrol-birthday").tap()
        till.page.wait_for_timeout(SETTLED_MS)
        till.page.screenshot(path=kept / "touch-birthday.png")
        till.hands.back()


def _sale(camera: Camera, house: House) -> None:
    till = camera.till
    camera.take("idle")
    camera.take("display-idle", display=True)
    _, card = house.member("Ana Testova", points=712)
    till.swiped(card)
    camera.take("member")
    camera.take("display-member", display=True)
    till.hands.amount("23.50")
    till.shows("+23", "#member")
    camera.take("sale")
    camera.take("display-sale", display=True)
    till.page.keyboard.press("r")
    till.told("redeemed")
    camera.take("reward-taken")
    till.is_judged()
    till.hands.go()
    till.told("recorded")
    camera.take("sold")
    camera.take("display-thanks", display=True)
    till.hands.open("undo")
    till.is_there("#undo-says .money")
    camera.take("undo")


def _without_card(camera: Camera, house: House) -> None:
    till = camera.till
    till.swiped(house.new_card())
    camera.take("new-card")
    till.hands.open("enrol")
    till.flow("enrol")
    camera.take("enrol")
    till.hands.back()
    till.put_away()
    for surname in ("Testova", "Popescu", "Marinescu"):
        account, _ = house.member(f"Ana {surname}", points=600, phone=f"0770090{len(surname):04d}")
        house.post(f"members/{account}/pin", op=house.new_op(), pin="2580")
    till.hands.open("find")
    till.hands.fill("find-text", "Ana")
    till.hands.go()
    till.is_there("#found button")
    camera.take("found")
    till.hands.choose(2)
    till.state("member")
    till.hands.amount("20.00")
    till.is_judged()
    till.page.keyboard.press("r")
    till.flow("proof")
    camera.take("proof")


def _cards(camera: Camera, house: House) -> None:
    till = camera.till
    _, card = house.member("Ana Testova", points=40, phone="07700900123")
    for step in ("menu", "replace", "block", "link", "correct", "consents", "pin", "leave"):
        till.put_away()
        till.swiped(card)
        till.hands.open("card")
        till.is_there("#card-menu button")
        if step != "menu":
            till.hands.press(f"#card-menu [data-action={step}]")
        camera.take(f"card-{step}")
        till.hands.back()
        if step != "menu":
            till.hands.back()


def _back(camera: Camera, house: House) -> None:
    till = camera.till
    account, card = house.member("Ana Testova", points=90)
    op = house.sell(account, 20_000)
    till.hands.open("refund")
    till.hands.fill("refund-op", op)
    till.hands.go()
    till.is_there("#refund-says .money")
    camera.take("refund")
    till.hands.press("#flow [data-form=refund] [data-action=go]")
    till.is_there("#approval")
    camera.take("approval")
    till.hands.back()
    till.hands.back()
    till.swiped(card)
    till.hands.open("sales")
    till.is_there("#sales-list button")
    camera.take("sales")
    till.hands.choose(1)
    till.is_there("#sales-one")
    till.hands.press("#sales-one [data-action=why]")
    till.is_there("#sales-why li")
    camera.take("complaint")
    till.hands.back()
    till.hands.back()
    till.hands.open("voucher")
    camera.take("voucher")


def _others(camera: Camera, house: House) -> None:
    till = camera.till
    (_, first), (_, second) = house.member("Ana Testova"), house.member("Ion Rusu")
    house.swipe(first)
    house.swipe(second)
    till.state("found")
    camera.take("two-cards")
    till.hands.choose(1)
    till.state("member")
    till.hands.amount("8.00")
    till.is_judged()
    house.swipe(second)
    till.told("notice_mid_sale")
    camera.take("card-in-mid-sale")
    till.hands.open("park")
    till.told("parked")
    camera.take("parked")
    house.swipe("4111111111111111=49121010000000000000")  # published for tests
    till.told("bank_card")
    camera.take("bank-card")
    till.hands.open("policies")
    till.flow("policies")
    camera.take("policies")
    till.hands.back()
    till.hands.press("[data-action=resume]")
    till.state("sale")


def _staff(camera: Camera, _house: House) -> None:
    till = camera.till
    till.hands.open("staff")
    till.is_there("#staff-id")
    camera.take("staff")
    till.hands.fill("staff-id", SUPERVISOR)
    till.hands.fill("staff-pin", SUPERVISOR_PIN)
    till.hands.go()
    till.told("signed_in_as")
    till.hands.open("staff")
    till.hands.press("[data-action=train]")
    till.is_there("#training")
    camera.take("training")


SCENES: tuple[Callable[[Camera, House], None], ...] = (_sale, _without_card, _cards, _back, _others, _staff)


if __name__ == "__main__":
    main(sys.argv[1:])
