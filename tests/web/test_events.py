"""The hub by itself; over HTTP it is tested in api/test_streaming.py."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from agent.errors import NotAllowedError
from agent.web.events import LISTENERS_MAX, QUEUE_MAX, EventHub, Listener, Spoken

ALIVE_S = 5.0


def run(story: Callable[[EventHub], Awaitable[None]]) -> None:
    asyncio.run(_run(story))


async def _run(story: Callable[[EventHub], Awaitable[None]]) -> None:
    async with asyncio.timeout(ALIVE_S):
        await story(EventHub())


async def chunk(listener: Listener) -> bytes:
    found = await listener.next_chunk(ALIVE_S)
    assert found is not None
    return found


def publish_ten(hub: EventHub, number: int) -> None:
    for i in range(10):
        hub.publish("sale", [number, i])


def test_a_listener_is_greeted_and_told_when_to_come_back() -> None:
    async def story(hub: EventHub) -> None:
        assert await chunk(hub.listen()) == b"retry: 1000\n: hello\n\n"

    run(story)


def test_every_listener_gets_every_event_in_order() -> None:
    async def story(hub: EventHub) -> None:
        listeners = [hub.listen(), hub.listen()]
        hub.publish("sale", {"total": 5})
        hub.publish("notice", {"text": "ș"})
        for listener in listeners:
            await chunk(listener)
            assert await chunk(listener) == b'event: sale\ndata: {"total":5}\n\n'
            assert await chunk(listener) == 'event: notice\ndata: {"text":"ș"}\n\n'.encode()

    run(story)


def test_a_listener_gets_only_the_kinds_it_takes() -> None:
    async def story(hub: EventHub) -> None:
        listener = hub.listen(frozenset({"sale"}))
        await chunk(listener)
        hub.publish("notice", {})
        hub.publish("sale", {})
        assert await chunk(listener) == b"event: sale\ndata: {}\n\n"

    run(story)


def test_a_text_with_line_breaks_stays_one_event() -> None:
    async def story(hub: EventHub) -> None:
        listener = hub.listen()
        await chunk(listener)
        hub.publish("notice", {"text": "one\n\nevent: sale\ndata: two"})
        assert (await chunk(listener)).count(b"\n") == 3

    run(story)


def test_events_come_from_any_thread_and_none_is_lost() -> None:
    async def story(hub: EventHub) -> None:
        listener = hub.listen()
        await chunk(listener)
        threads = [threading.Thread(target=publish_ten, args=(hub, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        seen = {await chunk(listener) for _ in range(40)}
        for thread in threads:
            thread.join()
        assert len(seen) == 40

    run(story)


def test_a_comment_comes_when_there_is_nothing_to_say() -> None:
    async def story(hub: EventHub) -> None:
        listener = hub.listen()
        await chunk(listener)
        assert await listener.next_chunk(0.01) == b": alive\n\n"

    run(story)


def test_who_does_not_keep_up_is_let_go_and_disturbs_nobody() -> None:
    async def story(hub: EventHub) -> None:
        slow, quick = hub.listen(), hub.listen()
        await chunk(quick)
        for i in range(QUEUE_MAX):
            hub.publish("sale", i)
            await chunk(quick)
        assert await slow.next_chunk(ALIVE_S) is None
        hub.publish("sale", "last")
        assert b"last" in await chunk(quick)

    run(story)


def test_who_was_forgotten_gets_nothing_more() -> None:
    async def story(hub: EventHub) -> None:
        listener = hub.listen()
        await chunk(listener)
        hub.forget(listener)
        hub.publish("sale", {})
        assert await listener.next_chunk(0.01) == b": alive\n\n"

    run(story)


def test_a_closed_hub_ends_every_stream_and_takes_nobody_more() -> None:
    async def story(hub: EventHub) -> None:
        listener = hub.listen()
        await chunk(listener)
        hub.close()
        assert await listener.next_chunk(ALIVE_S) is None
        with pytest.raises(NotAllowedError):
            hub.listen()

    run(story)


def test_more_listeners_than_a_till_can_have_are_refused() -> None:
    async def story(hub: EventHub) -> None:
        listeners = [hub.listen() for _ in range(LISTENERS_MAX)]
        with pytest.raises(NotAllowedError, match=str(LISTENERS_MAX)):
            hub.listen()
        hub.forget(listeners[0])
        hub.listen()

    run(story)


def test_publishing_after_the_loop_has_ended_harms_nobody() -> None:
    hubs: list[EventHub] = []

    async def story(hub: EventHub) -> None:
        hub.listen()
        hubs.append(hub)

    run(story)

    hubs[0].publish("sale", {})
    hubs[0].close()


def test_what_is_attached_hears_its_own_kind_at_once() -> None:
    hub, heard = EventHub(), list[object]()
    hub.attach("sale", heard.append)

    hub.publish("sale", {"total": 5})
    hub.publish("notice", {"text": "other"})

    assert heard == [{"total": 5}]


def test_what_has_sentences_is_told_once_in_each_language_that_is_listened_in() -> None:
    asked: list[str] = []

    def told(language: str) -> object:
        asked.append(language)
        return {"text": language}

    async def story(hub: EventHub) -> None:
        listeners = [hub.listen(language=language) for language in ("fr", "ro", "fr")] + [hub.listen()]
        for listener in listeners:
            await chunk(listener)
        hub.publish("sale", Spoken(told))

        heard = [await chunk(listener) for listener in listeners]
        assert [b'"fr"' in one or b'"ro"' in one or b'"en"' in one for one in heard] == [True] * 4
        assert heard[0] == heard[2]
        assert b'"en"' in heard[3]

    run(story)
    assert sorted(asked) == ["en", "fr", "ro"]


def test_who_is_attached_is_told_in_the_hub_s_own_language() -> None:
    hub, heard = EventHub("ru"), list[object]()
    hub.attach("sale", heard.append)

    hub.publish("sale", Spoken(lambda language: {"text": language}))

    assert heard == [{"text": "ru"}]
