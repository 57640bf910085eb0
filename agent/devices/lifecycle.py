"""The gates every driver stands behind: closed -> opened -> claimed -> enabled, and back."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from agent.devices.categories import Category
from agent.errors import IllegalError


class State(StrEnum):
    """Where a device stands between closed and enabled."""

    CLOSED = "closed"
    OPENED = "opened"
    CLAIMED = "claimed"
    ENABLED = "enabled"


class Lifecycle:
    """Keeps the order of open, claim and enable; a driver derives from it and fills in the hooks it needs.

    A hook of the way up that raises leaves the state where it was. On the way down the state changes first, so that a
    device that fails while it is let go still counts as let go. The two fields have private names (`__`) so that no
    driver's own field can take their place.
    """

    def __init__(self, category: Category) -> None:
        self.__category = category
        self.__state = State.CLOSED

    @property
    def category(self) -> Category:
        """The category this device was set up as."""
        return self.__category

    def open(self) -> None:
        """Find the device."""
        self._up(State.CLOSED, self.on_open, State.OPENED)

    def claim(self) -> None:
        """Take the device for this process alone."""
        self._up(State.OPENED, self.on_claim, State.CLAIMED)

    def enable(self) -> None:
        """Begin to work."""
        self._up(State.CLAIMED, self.on_enable, State.ENABLED)

    def disable(self) -> None:
        """Stop working."""
        if self.__state is State.ENABLED:
            self.__state = State.CLAIMED
            self.on_disable()

    def release(self) -> None:
        """Give the device back to others."""
        try:
            self.disable()
        finally:
            if self.__state is State.CLAIMED:
                self.__state = State.OPENED
                self.on_release()

    def close(self) -> None:
        """Let go of everything; also what a failed way up left behind."""
        try:
            self.release()
        finally:
            self.__state = State.CLOSED
            self.on_close()

    def require_enabled(self, doing: str) -> None:
        """Raise IllegalError unless the device is enabled; `doing` completes "cannot ..."."""
        if self.__state is not State.ENABLED:
            raise IllegalError(f"cannot {doing}: the {self.__category} is {self.__state}, not enabled")

    def on_open(self) -> None:
        """Hook: find the device."""

    def on_claim(self) -> None:
        """Hook: take it exclusively."""

    def on_enable(self) -> None:
        """Hook: get ready to work."""

    def on_disable(self) -> None:
        """Hook: stop working."""

    def on_release(self) -> None:
        """Hook: give it back."""

    def on_close(self) -> None:
        """Hook: let go of everything; may be called in any state and more than once."""

    def _up(self, come_from: State, hook: Callable[[], None], go_to: State) -> None:
        if self.__state is not come_from:
            raise IllegalError(f"the {self.__category} is {self.__state}: it cannot go from there to {go_to}")
        hook()
        self.__state = go_to
