"""Runs a back-test: every process judges its own members, and the figures are worked out of all outcomes."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from agent.errors import InvalidError
from agent.loyalty.articles import Articles, read_articles
from agent.loyalty.backtest.figures import Figures, figures_of
from agent.loyalty.backtest.member import Outcome, replay
from agent.loyalty.backtest.past import Bought, Goods, Past, goods_of, sum_of
from agent.loyalty.backtest.segments import Change, Holding, changes, holdings
from agent.loyalty.money import minor_digits
from agent.loyalty.programme import load
from agent.loyalty.programme.rules.closing import Closing
from agent.upkeep.backtest.reading import Extent, Source

LINES_A_PROCESS = 50_000  # fewer are judged before another process has started


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: programmes and the table of articles as the bytes of their files, the past as where it is.

    `current` is the programme in force, if the draft is to be compared with it.
    """

    draft: bytes
    source: Source
    current: bytes | None = None
    articles: bytes | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What came out. Money is in minor units of `currency`, rates are basis points; `goods` are those of all sales."""

    programme: str
    version: str
    currency: str
    extent: Extent
    goods: Goods
    figures: Figures
    current: Figures | None
    changes: tuple[Change, ...]
    holdings: tuple[Holding, ...]
    closing: Closing | None


@dataclass(frozen=True, slots=True)
class _Part:
    """What one process found."""

    draft: list[Outcome]
    current: list[Outcome]
    goods: list[Goods]


def backtest(question: Question, *, margin: int | None = None) -> Report:
    """Judge the past under a draft; `margin` (basis points) is that of goods whose cost no table says.

    Raises ProgrammeError, ArticlesError, and InvalidError for a source without sales.
    """
    draft = load(question.draft)
    current = None if question.current is None else load(question.current)
    if current is not None and current.currency != draft.currency:
        raise InvalidError(f"the draft counts in {draft.currency} and the programme in force in {current.currency}")
    if question.articles is not None:
        read_articles(question.articles)  # refused here, before any process is started
    extent = question.source.extent()
    part = _judge_all(question, extent)
    goods = sum_of(part.goods)
    figures = figures_of(part.draft, goods, margin=margin)
    return Report(
        programme=draft.name,
        version=draft.version,
        currency=draft.currency,
        extent=extent,
        goods=goods,
        figures=figures,
        current=None if current is None else figures_of(part.current, goods, margin=margin),
        changes=() if current is None else changes(part.current, part.draft, extent.last),
        holdings=holdings(part.draft, extent.last),
        closing=draft.closing,
    )


def _judge_all(question: Question, extent: Extent) -> _Part:
    processes = max(1, min(os.cpu_count() or 1, extent.lines // LINES_A_PROCESS))
    if processes == 1:
        return _judge(question, extent.last, 0, 1)
    spawn = multiprocessing.get_context("spawn")  # a fork would copy the threads and locks of whoever asks
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        asked = [pool.submit(_judge, question, extent.last, number, processes) for number in range(processes)]
        parts = [part.result() for part in asked]
    return _Part(
        [outcome for part in parts for outcome in part.draft],
        [outcome for part in parts for outcome in part.current],
        [goods for part in parts for goods in part.goods],
    )


def _judge(question: Question, until: str, number: int, of: int) -> _Part:
    """Judge every `of`-th member, one after the other."""
    draft = load(question.draft)
    current = None if question.current is None else load(question.current)
    articles = None if question.articles is None else read_articles(question.articles)
    exponent = minor_digits(draft.currency)
    part = _Part([], [], [])
    goods = Goods()
    for read in question.source.pasts(number, of):
        past = read if articles is None else _filled(read, articles)
        goods += goods_of(past, articles, exponent=exponent)
        if past.member is not None:
            part.draft.append(replay(draft, past, until=until))
            if current is not None:
                part.current.append(replay(current, past, until=until))
    part.goods.append(goods)
    return part


def _filled(past: Past, articles: Articles) -> Past:
    events = tuple(
        replace(event, lines=tuple(articles.filled(line, event.day) for line in event.lines))
        if isinstance(event, Bought)
        else replace(event, without_receipt=tuple(articles.filled(line, event.day) for line in event.without_receipt))
        for event in past.events
    )
    return replace(past, events=events)
