"""At the counter: sales, members, redemptions, refunds, vouchers; and entries that no counter would write."""

from __future__ import annotations

from typing import Any

import orjson

from agent.counter import EnrolAsk, LinkAsk, MemberView, RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk, VoucherAsk
from agent.journal.fold import ROLES
from agent.ledger.records import Draft
from agent.loyalty.cards import Source
from agent.loyalty.sale import Line
from agent.slips.facts import SlipFacts
from tests.faults.sync.simulator.founding import phone
from tests.faults.sync.simulator.halves import SimTill
from tests.faults.sync.simulator.simulation import Simulation, Sold
from tests.sync.halves import card_number

BY = "pos"
CARDS = 7
POUNDS_MAX = 90


def sell(sim: Simulation) -> None:
    till, op = sim.till(), sim.op()
    view = _member(sim, till) if sim.happens(0.8) else None
    goods = (_goods(sim), _goods(sim))[: sim.chance.randint(1, 2)]
    mine = [one for one in sim.redeemed if one[0] == till.id]
    using = tuple(op for _, op in mine) if sim.happens(0.5) else ()
    account, card = (None, None) if view is None else (view.account, view.card)
    ask = SaleAsk(op, goods, account, card, redemptions=using)
    answer = till.counter.sell(ask, by=BY)
    sim.redeemed = [one for one in sim.redeemed if one[1] not in using]
    sim.vouchers += [sim.chance.choice((voucher.typed, voucher.qr)) for voucher in answer.vouchers]
    sim.sold.append(Sold(till.id, op, _slip_code(till)))


def enrol(sim: Simulation) -> None:
    """Somebody becomes a member, maybe with a card that other tills know already."""
    number = sim.chance.randrange(CARDS)
    card = card_number(number) if sim.happens(0.8) else None
    ask = EnrolAsk(sim.op(), name=f"Ada {number}", phone=phone(number), card=card)
    sim.till().counter.enrol(ask, by=BY)


def link(sim: Simulation) -> None:
    till = sim.till()
    account, card = _member(sim, till).account, card_number(sim.chance.randrange(CARDS))
    till.counter.link(LinkAsk(sim.op(), account, sim.chance.choice(ROLES), card), by=BY)


def redeem(sim: Simulation) -> None:
    till, op = sim.till(), sim.op()
    member, units = _member(sim, till), sim.chance.randint(1, 150)
    till.counter.redeem(RedeemAsk(op, member.account, "points-as-money", member.card, units=units), by=BY)
    sim.redeemed.append((till.id, op))


def undo(sim: Simulation) -> None:
    if sim.redeemed:
        till, op = sim.chance.choice(sim.redeemed)
        sim.redeemed.remove((till, op))
        _named(sim, till).counter.undo(UndoAsk(sim.op(), op), by=BY)


def spend_voucher(sim: Simulation) -> None:
    """Somebody shows a voucher, or a copy of it, at any till."""
    if sim.vouchers:
        till, op = sim.till(), sim.op()
        till.counter.spend_voucher(VoucherAsk(op, sim.chance.choice(sim.vouchers)), by=BY)
        sim.redeemed.append((till.id, op))


def refund(sim: Simulation) -> None:
    """Goods come back to the till that sold them."""
    if sim.sold:
        sold = sim.chance.choice(sim.sold)
        line = RefundLine(sold.op, 0, sim.chance.choice((500, 1000)))
        _named(sim, sold.till).counter.refund(RefundAsk(sim.op(), (line,)), by=BY)


def refund_elsewhere(sim: Simulation) -> None:
    """Goods come back to any till, with the slip of another, and there is no line to ask."""
    coded = [sold for sold in sim.sold if sold.slip is not None]
    if coded:
        sold, till = sim.chance.choice(coded), sim.till()
        account = _member(sim, till).account if sim.happens(0.5) else None
        ask = RefundAsk(sim.op(), without_receipt=(_goods(sim),), account=account, slip=sold.slip)
        till.counter.refund(ask, by=BY)


def _goods(sim: Simulation) -> Line:
    return Line(sim.chance.choice(("mug", "cup")), 1000, sim.chance.randint(1, POUNDS_MAX * 100))


def _member(sim: Simulation, till: SimTill) -> MemberView:
    return till.counter.identify(card_number(sim.chance.randrange(CARDS)), Source.NUMBER, by="scanner")


def _named(sim: Simulation, till: str) -> SimTill:
    return sim.chance.choice(sim.machines_of(till))


def _slip_code(till: SimTill) -> str | None:
    with till.ledger.reading() as conn:
        (facts,) = conn.execute("SELECT facts FROM slip ORDER BY id DESC LIMIT 1").fetchone()
    returns = SlipFacts.from_json(orjson.loads(facts)).returns
    return None if returns is None else returns.qr or returns.typed


def begin_epoch(sim: Simulation) -> None:
    sim.till().ledger.begin_epoch()


def write_nonsense(sim: Simulation) -> None:
    """A till's agent of another version writes what headquarters cannot interpret, or a kind that it does not know."""
    till, op = sim.till(), sim.op()
    kind = sim.chance.choice(("sale", "hologram"))
    body: dict[str, Any] = {"account": None, "redemptions": []}
    day = till.clock.today().isoformat()
    draft = Draft(id=till.clock.new_id(), op=op, ask=b"", kind=kind, day=day, by="test", body=body)
    till.ledger.append(draft)
    if kind == "sale":
        sim.odd.add((till.id, op))
