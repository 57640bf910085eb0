"""How a cashier works: by the keyboard alone, or by touch alone. Neither ever uses what only the other has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

KEYS: Final = {
    "staff": "F1",
    "find": "F2",
    "enrol": "F3",
    "voucher": "F4",
    "card": "F6",
    "refund": "F7",
    "sales": "F8",
    "park": "F9",
    "undo": "F10",
    "policies": "i",
}
PERSON_MS = 60  # between two keys: what is faster is a reader that types
TABS_MAX = 80  # more than there are fields
_OVER = "document.querySelector('#approval:not([hidden])') ? '#approval' : '#flow'"


class Hands(Protocol):
    """What a cashier does."""

    def open(self, flow: str) -> None:
        """Open a flow from the bar, or park the sale."""

    def amount(self, text: str) -> None:
        """Type the amount; `text` has a point."""

    def fill(self, field: str, text: str) -> None:
        """Type into a field, in the place of what is in it."""

    def date(self, field: str, day: date) -> None:
        """Say a date in a field for one."""

    def press(self, button: str) -> None:
        """Press the button with this selector, or tick the box."""

    def choose(self, number: int) -> None:
        """Take one of several, from 1."""

    def go(self) -> None:
        """Send the form that is shown, or take the sale's next step."""

    def back(self) -> None:
        """One step back."""


class Keyboard:
    """Keys only: fields are reached with Tab, buttons pressed with Enter or the key that stands on them."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, flow: str) -> None:
        self._page.keyboard.press(KEYS[flow])

    def amount(self, text: str) -> None:
        self._page.keyboard.type(text, delay=PERSON_MS)

    def fill(self, field: str, text: str) -> None:
        self._to(self._page.locator(f"#{field}"))
        self._page.keyboard.press("Control+A")
        self._page.keyboard.type(text, delay=PERSON_MS)

    def date(self, field: str, day: date) -> None:
        self._to(self._page.locator(f"#{field}"))
        for _ in range(2):  # it may have been left in the year
            self._page.keyboard.press("ArrowLeft")
        self._page.keyboard.type(f"{day:%m%d%Y}", delay=PERSON_MS)  # as the browser's own language has it

    def press(self, button: str) -> None:
        self._to(self._page.locator(button))
        is_box = self._page.evaluate("document.activeElement.matches('input')")
        self._page.keyboard.press("Space" if is_box else "Enter")

    def choose(self, number: int) -> None:
        if self._page.evaluate("document.activeElement.matches('#flow input')"):
            self._to(self._page.locator("#flow .choices button").first)
        self._page.keyboard.press(str(number))

    def go(self) -> None:
        self._page.keyboard.press("Enter")

    def back(self) -> None:
        self._page.keyboard.press("Escape")

    def _to(self, wanted: Locator) -> None:
        for _ in range(TABS_MAX):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {wanted}")


class Touch:
    """Fingers only: what is typed, is typed on the pad and the letters of the screen."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, flow: str) -> None:
        self._page.locator(f"[data-open={flow}]:visible").first.tap()

    def amount(self, text: str) -> None:
        for digit in text:
            point = "[data-type='.'], #pad [data-type=',']"
            self._page.locator(f"#pad {point}" if digit == "." else f"#pad [data-type='{digit}']").first.tap()

    def fill(self, field: str, text: str) -> None:
        self._page.locator(f"#{field}").tap()
        for _ in self._page.input_value(f"#{field}"):
            self._board().locator("[data-letter=rub]").tap()
        for letter in text.lower():
            if self._board().locator(f"[data-letter='{letter}']").count() == 0:
                self._board().locator("[data-letter=other]").tap()
            self._board().locator(f"[data-letter='{letter}']").tap()

    def date(self, field: str, day: date) -> None:
        self._page.locator(f"#{field}").tap()
        keys = {"day": day.day, "month": day.month, "decade": day.year // 10, "year": day.year % 10}
        for part, number in keys.items():
            self._board().locator(f"[data-date={part}-{number}]").tap()

    def press(self, button: str) -> None:
        self._page.locator(button).tap()

    def choose(self, number: int) -> None:
        self._page.locator(".choices:visible button").nth(number - 1).tap()

    def go(self) -> None:
        if self._page.locator("#flow").is_visible() or self._page.locator("#approval").is_visible():
            over = self._page.evaluate(_OVER)
            self._page.locator(f"{over} button[type=submit]:visible").last.tap()
        else:
            self._page.locator("#done").tap()

    def back(self) -> None:
        if self._page.locator("#flow").is_visible() or self._page.locator("#approval").is_visible():
            self._page.locator(f"{self._page.evaluate(_OVER)} [data-action=back]").tap()
        else:
            self._page.locator("#clear").tap()

    def _board(self) -> Locator:
        return self._page.locator(f"{self._page.evaluate(_OVER)} #letters")


HANDS: Final[Mapping[str, Callable[[Page], Hands]]] = {"keys": Keyboard, "touch": Touch}
