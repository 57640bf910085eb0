"""What several tills said of one subject, put together field by field."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hq.books.people.merging import Said, merge

MIN = 60_000


def said(at: int, till: str, /, heard: int = 0, fields: set[str] | None = None, **content: Any) -> Said:
    """A record that came in minute `at`, of a till that had heard in minute `heard`."""
    return Said(f"{at}{till}", till, content, at * MIN, heard * MIN, None if fields is None else frozenset(fields))


def _shown(*history: Said) -> dict[str, Any]:
    shown = {field: one.content.get(field) for field, one in merge(history).shown.items()}
    return {field: value for field, value in shown.items() if value is not None}


def _others(*history: Said) -> dict[str, list[Any]]:
    return {field: [one.content[field] for one in several] for field, several in merge(history).others.items()}


def test_of_two_that_changed_one_field_the_later_shows_and_the_other_is_kept() -> None:
    begun = said(1, "a", name="Ada", phone="1")
    history = (begun, said(10, "b", heard=5, name="Ada", phone="2"), said(11, "c", heard=5, name="Ada", phone="3"))

    assert _shown(*history) == {"name": "Ada", "phone": "3"}
    assert _others(*history) == {"phone": ["2"]}


def test_what_each_of_two_changed_stays_as_each_said() -> None:
    begun = said(1, "a", phone="1", email="x")
    history = (begun, said(10, "b", heard=5, phone="2", email="x"), said(11, "c", heard=5, phone="1", email="y"))

    assert _shown(*history) == {"phone": "2", "email": "y"}
    assert _others(*history) == {}


def test_who_knew_corrects_and_nothing_is_kept() -> None:
    history = (said(1, "a", phone="1"), said(10, "b", heard=5, phone="2"))

    assert _shown(*history) == {"phone": "2"}
    assert _others(*history) == {}


def test_a_till_knows_what_it_said_itself() -> None:
    assert _others(said(1, "a", phone="1"), said(2, "a", phone="2")) == {}


def test_who_knows_the_one_that_shows_settles_the_contradiction() -> None:
    history = (said(1, "a", phone="1"), said(2, "b", phone="2"), said(30, "c", heard=20, phone="4"))

    assert _others(*history[:2]) == {"phone": ["1"]}
    assert _shown(*history) == {"phone": "4"}
    assert _others(*history) == {}


def test_going_back_to_an_older_value_is_a_change_if_the_entry_says_so() -> None:
    history = (said(1, "a", phone="1"), said(10, "b", heard=5, phone="2"))

    assert _shown(*history, said(11, "c", heard=5, phone="1")) == {"phone": "2"}
    assert _shown(*history, said(11, "c", heard=5, fields={"phone"}, phone="1")) == {"phone": "1"}
    assert _others(*history, said(11, "c", heard=5, fields={"phone"}, phone="1")) == {"phone": ["2"]}


def test_what_an_entry_does_not_mean_to_change_is_none_of_its_business() -> None:
    assert _shown(
        said(1, "a", name="Ada", phone="1"), said(9, "b", heard=5, fields={"phone"}, name="?", phone="2")
    ) == {
        "name": "Ada",
        "phone": "2",
    }


def test_what_came_in_the_minute_before_a_till_heard_may_not_have_been_told_yet() -> None:
    assert _others(said(10, "a", phone="1"), said(12, "b", heard=10, phone="2")) == {"phone": ["1"]}
    assert _others(said(10, "a", phone="1"), said(12, "b", heard=11, phone="2")) == {}


def test_who_knew_takes_a_field_away_by_leaving_it_out() -> None:
    begun = said(1, "a", number="9", name="Ada")

    assert _shown(begun, said(10, "b", heard=5, number="9")) == {"number": "9"}
    assert _shown(begun, said(2, "b", number="9")) == {"number": "9"}
    assert _others(begun, said(2, "b", number="9")) == {"name": ["Ada"]}


def test_what_a_till_never_knew_of_is_not_taken_away_by_it() -> None:
    begun = said(1, "a", name="Ada")
    added = said(10, "b", heard=5, name="Ada", language="ro")

    assert _shown(begun, added, said(11, "c", heard=5, name="Ada B.")) == {"name": "Ada B.", "language": "ro"}


def test_nothing_is_not_kept_beside_something() -> None:
    assert _others(said(1, "a", phone=None), said(2, "b", phone="2")) == {}


_SAID = st.builds(
    said,
    st.integers(0, 30),
    st.sampled_from("abc"),
    heard=st.integers(0, 30),
    fields=st.none() | st.sets(st.sampled_from(["phone", "email"])),
    phone=st.sampled_from([None, "1", "2", "3"]),
    email=st.sampled_from(["x", "y"]),
)


@given(st.lists(_SAID, min_size=1, max_size=6))
def test_every_value_that_shows_or_is_kept_was_said_and_none_is_both(history: list[Said]) -> None:
    merged = merge(history)

    assert set(merged.shown) == {"phone", "email"}
    for field, several in merged.others.items():
        values = [one.content[field] for one in several]
        assert merged.shown[field].content[field] not in values
        assert all(one in history for one in several)
