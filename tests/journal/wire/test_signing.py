import pytest

from agent.errors import JournalError
from agent.journal.wire.signing import Nonce


def test_a_nonce_comes_back_as_it_was() -> None:
    nonce = Nonce("epoch", 42, "ab")

    assert Nonce.parse(str(nonce)) == nonce


def test_the_next_nonce_shows_that_its_maker_knows_the_one_before() -> None:
    first = Nonce("0123456789abcdef0123456789abcdef", 0, "start").next(bytes(8))

    assert str(first) == "0123456789abcdef0123456789abcdef.1.f2d382b3611137920000000000000000"
    second = first.next(bytes(8))
    assert second.counter == 2
    assert second.follows(str(first))
    assert not second.follows(str(first.next(b"8 others")))


@pytest.mark.parametrize("text", ["", "a", "a.1", ".1.x", "a.-1.x", "a.x.y", "a.1.", "a.\u0661.x", f"a.{10**16}.x"])
def test_what_is_no_nonce_is_refused(text: str) -> None:
    with pytest.raises(JournalError, match="nonce"):
        Nonce.parse(text)


def test_the_random_part_of_a_nonce_is_all_that_follows_the_counter() -> None:
    assert Nonce.parse("e.1.a.b") == Nonce("e", 1, "a.b")
    assert Nonce.parse(f"e.{10**15 - 1}.x").counter == 10**15 - 1
    with pytest.raises(JournalError, match=rf"nonce '{'x' * 80}' is not epoch.counter.random"):
        Nonce.parse("x" * 81)
    with pytest.raises(JournalError):
        Nonce.parse(f"e.{10**15}.x")
