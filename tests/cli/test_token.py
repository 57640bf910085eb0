import httpx

from agent.upkeep.running import require_running
from tests.cli.said import tally
from tests.till_files import TillFiles


def test_a_token_is_printed_once_listed_and_taken_back(files: TillFiles) -> None:
    made = tally("token", "add", "pos", "checkout", "-c", files.config, "--json").json
    listed = tally("token", "list", "-c", files.config)
    revoked = tally("token", "revoke", "checkout", "-c", files.config, "--json").json

    assert made["name"] == "checkout"
    assert len(made["token"]) > 40
    assert listed.out.splitlines()[1].split() == ["checkout", "pos"]
    assert made["token"] not in listed.out
    assert made["token"] not in (files.data / "tokens.json").read_text()
    assert revoked == {"name": "checkout", "revoked": True}
    assert tally("token", "list", "-c", files.config, "--json").json == []


def test_a_name_is_given_once(files: TillFiles) -> None:
    tally("token", "add", "pos", "checkout", "-c", files.config)

    said = tally("token", "add", "screen", "checkout", "-c", files.config)

    assert said.refusal == "there is a token 'checkout' already"


def test_a_token_that_nobody_has_cannot_be_taken_back(files: TillFiles) -> None:
    said = tally("token", "revoke", "checkout", "-c", files.config)

    assert said.refusal == "there is no token 'checkout'"
    assert "tally token list" in said.err


def test_a_file_of_tokens_that_is_not_ours_is_refused(files: TillFiles) -> None:
    files.data.mkdir()
    (files.data / "tokens.json").write_text("[]")

    assert "tokens.json cannot be used" in tally("token", "list", "-c", files.config).refusal


def test_a_new_token_works_at_once_and_no_longer_than_it_may(running: TillFiles) -> None:
    url = require_running(running.data).url + "/v1/status"
    token = tally("token", "add", "display", "window", "-c", running.config, "--json").json["token"]
    headers = {"Authorization": f"Bearer {token}"}

    with httpx.Client(headers=headers, trust_env=False) as client:
        before = client.get(url).status_code
        tally("token", "revoke", "window", "-c", running.config)
        after = client.get(url).status_code

    assert (before, after) == (200, 401)


def test_an_address_lets_one_browser_in(running: TillFiles) -> None:
    url = tally("token", "enter", "screen", "-c", running.config, "--json").json["url"]

    with httpx.Client(trust_env=False) as client:
        answers = [client.get(url, follow_redirects=False) for _ in range(2)]

    assert answers[0].is_success or answers[0].is_redirect
    assert "HttpOnly" in answers[0].headers["set-cookie"]
    assert answers[1].is_client_error


def test_there_is_no_address_without_an_agent(files: TillFiles) -> None:
    assert "no agent is running" in tally("token", "enter", "screen", "-c", files.config).refusal
