"""What was put on the line of this till's journal, whether it arrived or not; and what headquarters cannot have seen.

It is noted before it leaves. What was recorded since is this till's alone: nobody else can have been promised it.
"""

from __future__ import annotations

from collections import defaultdict

from agent.journal.entry import MEMBER_PREFIX, decode_entry
from agent.journal.wire.place import Position
from agent.ledger.kept.held import held
from agent.ledger.ledger import Ledger

_OFFERED = "hq.offered"  # a key in `state`: "<epoch> <seq>"


def note_offered(ledger: Ledger, epoch: str, seq: int) -> None:
    """Note durably that entries of an epoch up to `seq` are about to leave; of an epoch that is over that is known."""
    with ledger.reading():
        if epoch == ledger.identity.epoch and seq > offered(ledger):
            ledger.remember({_OFFERED: f"{epoch} {seq}".encode()})


def offered(ledger: Ledger) -> int:
    """Return up to which entry of the current epoch headquarters may have seen this journal."""
    epoch = ledger.identity.epoch
    noted, _, seq = (ledger.recall(_OFFERED) or b" 0").decode().partition(" ")
    known = next((one for one in held(ledger) or () if one.epoch == epoch), Position(epoch))
    return max(known.seq, int(seq) if noted == epoch else 0)


def unseen_lots(ledger: Ledger, account: str) -> dict[str, dict[str, int]]:
    """Return what entries that headquarters cannot have seen left in a member's lots (unit -> lot -> units).

    Entries of earlier epochs are taken for seen: a ledger that was put back does not know what it sent.
    """
    account, sums = ledger.resolve(account), defaultdict[tuple[str, str], int](int)
    with ledger.reading() as conn:
        (first_n,) = conn.execute("SELECT first_n FROM epoch ORDER BY no DESC LIMIT 1").fetchone()
        query = "SELECT entry.bytes FROM account_entry JOIN entry USING (n) WHERE account_entry.account = ? AND n >= ?"
        rows = conn.execute(query, (account, first_n + offered(ledger))).fetchall()
    for (data,) in rows:
        for posting in decode_entry(data).postings:
            owner = posting.account.removeprefix(MEMBER_PREFIX)
            if posting.lot is not None and ledger.resolve(owner) == account:
                sums[posting.unit, posting.lot] += posting.amount
    unseen = defaultdict[str, dict[str, int]](dict)
    for (unit, lot), amount in sums.items():
        if amount > 0:
            unseen[unit][lot] = amount
    return dict(unseen)
