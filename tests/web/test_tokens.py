import threading
from pathlib import Path

import orjson
import pytest

from agent.errors import ConfigError, InvalidError, NotAllowedError, UnknownError
from agent.web.tokens import CODE_S, SESSIONS_MAX, Scope, Token, Tokens


class BootClock:
    """A monotone clock that a test sets, in seconds."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> int:
        return int(self.now_s * 1e9)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till" / "tokens.json"


@pytest.fixture
def clock() -> BootClock:
    return BootClock()


@pytest.fixture
def tokens(path: Path, clock: BootClock) -> Tokens:
    return Tokens(path, mono_ns=clock)


def test_a_token_is_known_by_its_secret_alone(tokens: Tokens) -> None:
    secret = tokens.add(Scope.POS, "checkout")

    assert tokens.check(secret) == Token("checkout", Scope.POS)
    assert tokens.check(secret[:-1]) is None
    assert tokens.check("") is None
    assert tokens.check("\ud800") is None


def test_without_a_file_nobody_is_known(tokens: Tokens) -> None:
    assert tokens.all() == ()
    assert tokens.check("anything") is None


def test_only_sums_are_kept_in_a_file_that_only_its_owner_reads(tokens: Tokens, path: Path) -> None:
    tokens.add(Scope.SCREEN, "screen")
    secret = tokens.add(Scope.POS, "checkout")
    code = tokens.one_time_code("screen")
    session = tokens.enter(tokens.one_time_code("screen"))

    written = path.read_text()

    assert session is not None
    for kept_nowhere in (secret, code, session):
        assert kept_nowhere not in written
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in path.parent.iterdir())


def test_two_secrets_are_never_alike(tokens: Tokens) -> None:
    secrets = {tokens.add(Scope.POS, f"checkout-{number}") for number in range(20)}

    assert len(secrets) == 20
    assert min(len(secret) for secret in secrets) >= 43  # 256 bits in base64


def test_tokens_are_listed_without_their_secrets(tokens: Tokens) -> None:
    tokens.add(Scope.POS, "checkout")
    tokens.add(Scope.DISPLAY, "display")

    assert tokens.all() == (Token("checkout", Scope.POS), Token("display", Scope.DISPLAY))


def test_a_name_is_taken_once(tokens: Tokens) -> None:
    tokens.add(Scope.POS, "checkout")

    with pytest.raises(NotAllowedError, match="checkout"):
        tokens.add(Scope.DISPLAY, "checkout")


@pytest.mark.parametrize("name", ["", "a" * 33, "Ana Testova", "-x", "a/b", "käse", "a\n"])
def test_a_name_that_cannot_stand_in_an_entry_is_refused(tokens: Tokens, name: str) -> None:
    with pytest.raises(InvalidError):
        tokens.add(Scope.POS, name)


def test_a_revoked_token_is_unknown_at_once_in_another_process_s_eyes_too(tokens: Tokens, path: Path) -> None:
    secret = tokens.add(Scope.POS, "checkout")
    agent = Tokens(path)
    assert agent.check(secret) is not None

    tokens.revoke("checkout")

    assert agent.check(secret) is None
    with pytest.raises(UnknownError):
        tokens.revoke("checkout")


def test_a_replaced_token_has_a_new_secret_and_scope(tokens: Tokens) -> None:
    old = tokens.replace(Scope.POS, "cli")
    new = tokens.replace(Scope.SUPERVISOR, "cli")

    assert tokens.check(old) is None
    assert tokens.check(new) == Token("cli", Scope.SUPERVISOR)


def test_a_code_lets_one_browser_in_once(tokens: Tokens) -> None:
    tokens.add(Scope.SCREEN, "screen")
    code = tokens.one_time_code("screen")

    session = tokens.enter(code)

    assert session is not None
    assert tokens.check_session(session) == Token("screen", Scope.SCREEN)
    assert tokens.enter(code) is None


def test_a_code_is_neither_a_token_nor_a_session(tokens: Tokens) -> None:
    secret = tokens.add(Scope.SCREEN, "screen")
    code = tokens.one_time_code("screen")
    session = tokens.enter(tokens.one_time_code("screen"))

    assert session is not None
    assert tokens.check(code) is None
    assert tokens.check(session) is None
    assert tokens.check_session(code) is None
    assert tokens.check_session(secret) is None
    assert tokens.enter(secret) is None


def test_a_code_is_worth_nothing_after_its_time(tokens: Tokens, clock: BootClock) -> None:
    tokens.add(Scope.SCREEN, "screen")
    code = tokens.one_time_code("screen")

    clock.now_s += CODE_S

    assert tokens.enter(code) is None


def test_a_code_from_before_a_restart_of_the_pc_is_worth_nothing(tokens: Tokens, clock: BootClock) -> None:
    tokens.add(Scope.SCREEN, "screen")
    code = tokens.one_time_code("screen")

    clock.now_s = 3.0

    assert tokens.enter(code) is None


@pytest.mark.parametrize("scope", [Scope.POS, Scope.SUPERVISOR])
def test_only_a_page_gets_a_code(tokens: Tokens, scope: Scope) -> None:
    tokens.add(scope, "other")

    with pytest.raises(NotAllowedError, match=str(scope)):
        tokens.one_time_code("other")
    with pytest.raises(UnknownError):
        tokens.one_time_code("nobody")


def test_a_session_outlives_the_agent_and_ends_with_its_token(tokens: Tokens, path: Path) -> None:
    tokens.add(Scope.SCREEN, "screen")
    session = tokens.enter(tokens.one_time_code("screen"))
    unused = tokens.one_time_code("screen")
    assert session is not None

    assert Tokens(path).check_session(session) is not None
    tokens.revoke("screen")
    tokens.add(Scope.SCREEN, "screen")
    assert tokens.check_session(session) is None
    assert tokens.enter(unused) is None


def test_of_many_sessions_on_a_token_the_oldest_ends(tokens: Tokens) -> None:
    tokens.add(Scope.SCREEN, "screen")
    tokens.add(Scope.SCREEN, "other")
    kept = tokens.enter(tokens.one_time_code("other"))
    sessions = [tokens.enter(tokens.one_time_code("screen")) for _ in range(SESSIONS_MAX + 1)]

    known = [tokens.check_session(session or "") is not None for session in [kept, *sessions]]

    assert known == [True, False] + [True] * SESSIONS_MAX


def test_one_code_used_by_many_at_once_lets_one_in(tokens: Tokens, path: Path) -> None:
    tokens.add(Scope.SCREEN, "screen")
    code = tokens.one_time_code("screen")
    entered: list[str | None] = []
    gate = threading.Barrier(6)

    def enter() -> None:
        own = Tokens(path, mono_ns=tokens._mono_ns)
        gate.wait()
        entered.append(own.enter(code))

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(session is not None for session in entered) == 1


def test_tokens_added_by_many_at_once_are_all_there(path: Path) -> None:
    threads = [
        threading.Thread(target=lambda n=number: Tokens(path).add(Scope.POS, f"checkout-{n}")) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {token.name for token in Tokens(path).all()} == {f"checkout-{number}" for number in range(8)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"tokens": []}',
        b'{"tokens": [{"name": "a", "scope": "god", "sha256": ""}], "codes": [], "sessions": []}',
        b'{"tokens": [], "codes": [{"name": "a"}], "sessions": []}',
    ],
)
def test_a_file_that_is_not_ours_lets_nobody_in_and_says_what_to_do(tokens: Tokens, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"tokens\.json"):
        tokens.check("anything")


def test_a_change_that_fails_leaves_the_file_as_it_was(tokens: Tokens, path: Path) -> None:
    tokens.add(Scope.POS, "checkout")
    before = path.read_bytes()

    with pytest.raises(NotAllowedError):
        tokens.add(Scope.POS, "checkout")

    assert path.read_bytes() == before
    assert set(orjson.loads(before)) == {"tokens", "codes", "sessions"}
