from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.hq.headquarters import copied, serving
from tests.hq.postgres import Postgres


@pytest.fixture(scope="module")
def served(founded: Path, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[httpx.Client]:
    with (
        copied(founded, tmp_path_factory.mktemp("app") / "hq", postgres) as folder,
        serving(folder) as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        yield client


def test_the_desk_is_at_the_root(served: httpx.Client) -> None:
    answer = served.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Test HQ" in answer.text


def test_the_desk_is_shown_to_nobody_who_asks_by_another_name(served: httpx.Client) -> None:
    answer = served.get("/", headers={"Host": "hq.example:8443"})

    assert answer.status_code == 403
    assert "its own machine only" in answer.text


def test_the_door_is_described(served: httpx.Client) -> None:
    paths = served.get("/openapi.json").json()["paths"]

    assert set(paths) >= {f"/sync/v1/{word}" for word in ("enrol", "where", "entries", "feed")}


@pytest.mark.parametrize("word", ["where", "entries", "feed"])
def test_an_unsigned_request_is_refused_clearly(served: httpx.Client, word: str) -> None:
    answer = served.post(f"/sync/v1/{word}", content=b"{}")

    assert answer.status_code == 401
    assert "signature" in answer.json()["message"]


@pytest.mark.parametrize(
    ("word", "body", "status"),
    [("enrol", b"", 400), ("enrol", b"[" * 10_000, 400), ("enrol", b"\xff", 400), ("nothing", b"{}", 401)],
)
def test_junk_is_refused_clearly(served: httpx.Client, word: str, body: bytes, status: int) -> None:
    assert served.post(f"/sync/v1/{word}", content=body).status_code == status


@pytest.mark.parametrize(("word", "size"), [("where", 140_000), ("enrol", 140_000), ("entries", 17 * 1024 * 1024)])
def test_a_body_far_over_the_limit_is_not_read_to_its_end(served: httpx.Client, word: str, size: int) -> None:
    answer = served.post(f"/sync/v1/{word}", content=bytes(size))

    assert answer.status_code == 413
    assert "is over" in answer.json()["message"]
    assert "signature" not in answer.headers


def test_an_enrolment_over_the_limit_is_refused(served: httpx.Client) -> None:
    assert served.post("/sync/v1/enrol", content=bytes(70_000)).status_code == 413


@pytest.mark.parametrize(("method", "word"), [("GET", "where"), ("PUT", "entries"), ("GET", "nothing")])
def test_who_asks_comes_before_what_is_asked(served: httpx.Client, method: str, word: str) -> None:
    assert served.request(method, f"/sync/v1/{word}").status_code == 401
