"""The feed: what headquarters tells a till, as pages of rows.

A page is lines of canonical JSON, one row a line; the first line is the page's own row. A till applies a page whole or
not at all, and only if it follows the cursor the till stands at. Rows it does not know it skips, for headquarters is
upgraded first.

    page       where it starts and ends, headquarters' time, and what of the asking till's journal the members contain
    programme  a programme file, signed by the key with the programme role
    entry      an entry of headquarters' own journal, with its chain hash and headquarters' signature on that hash
    member     a member's account as headquarters' books have it
    lots       more lots of the member before it, when one line cannot hold them
    till       a till of the chain and the key by which it signs codes
    shop_key   a key under which the asking till's shop makes codes to type, wrapped for that till
    voucher    a voucher as headquarters' books have it: how much of it is left
    staff      somebody who works at the shop's tills: role, and the Argon2id string of the PIN
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.errors import JournalError
from agent.journal.batch import SealedProfile
from agent.journal.entry import encode
from agent.journal.fold import SPEND
from agent.journal.wire.form import from_text, read, to_text
from agent.journal.wire.place import Position

PAGE_BYTES_MAX = 16 * 1024 * 1024  # of an uncompressed page: what a till must be ready to hold
LOTS_MAX = 1000  # in one line, so that a line stays below the limit of a canonical map


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the feed is known: versions of another epoch of headquarters cannot be compared."""

    epoch: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A programme file that is in force from now on, if no row of a higher serial, or of its serial and a higher
    `number`, was heard before.

    `signature` is on data, shop and number, by the key of which the root key's `delegation` (a signed message) speaks.
    """

    data: bytes
    number: int
    signature: bytes
    delegation: bytes


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of headquarters' own journal: canonical bytes, chain hash, signature on the hash."""

    data: bytes
    hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class CardRow:
    """A member's card; `account` is the account whose key its profile is sealed under, `role` what it may do."""

    card: str
    account: str
    profile: SealedProfile | None = None
    role: str = SPEND


@dataclass(frozen=True, slots=True)
class LotRow:
    """What a lot holds in headquarters' books; `expires` is its last day."""

    unit: str
    lot: str
    amount: int
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member's account: status, the accounts that were joined into it, cards, lots, and its own profiles.

    `whole`: the till may keep whole profiles, for the member is one of its shop or was seen there; of others it keeps
    the cards and the first name, even if more is sent.
    """

    account: str
    status: str
    joined: tuple[str, ...] = ()
    cards: tuple[CardRow, ...] = ()
    lots: tuple[LotRow, ...] = ()
    profiles: tuple[SealedProfile, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class TillRow:
    """A till and its public key (Ed25519, 32 bytes)."""

    till: str
    key: bytes


@dataclass(frozen=True, slots=True)
class ShopKeyRow:
    """A shop's key for codes to type, wrapped for the asking till; of several the one with the highest number makes
    new codes.
    """

    shop: str
    number: int
    wrapped_key: bytes


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher by its serial: `shop` is the tag of who issued it, `left` 1 while it may be spent.

    `check` is that of its typed code (`agent.journal.codes.typed_check`), None if headquarters has no key of the shop.
    """

    shop: str
    unit: str
    serial: str
    left: int
    check: bytes | None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """Somebody who works at the shop's tills: id, role, and the PIN's Argon2id string, None for one who left."""

    staff: str
    role: str
    pin: str | None


Row = ProgrammeRow | EntryRow | MemberRow | TillRow | ShopKeyRow | VoucherRow | StaffRow


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the feed from `after` to `cursor`; `more` says that another page is ready.

    `upto` says up to where headquarters' books contain the asking till's epochs, `quarantined` which entries (epoch,
    seq) below that they do not. `now_ms` is headquarters' clock, Unix time.
    """

    after: Cursor
    cursor: Cursor
    more: bool
    now_ms: int
    upto: tuple[Position, ...] = ()
    quarantined: tuple[tuple[str, int], ...] = ()
    rows: tuple[Row, ...] = ()


def pack(page: Page) -> bytes:
    """Return the lines of a page."""
    lines = [encode(_page_map(page))]
    for row in page.rows:
        lines += [encode(value) for value in _row_maps(row)]
    return b"\n".join(lines)


def unpack(data: bytes) -> Page:
    """Return the page; raises JournalError when a line is not canonical, misplaced or lacks a field."""
    first, *rest = data.split(b"\n")
    page = read(first, _page)
    rows: list[Row] = []
    for line in rest:
        row = read(line, _row)
        if row is None:
            continue
        if isinstance(row, MemberRow) and not row.status:  # more lots of the member before it
            before = rows[-1] if rows else None
            if not isinstance(before, MemberRow) or before.account != row.account:
                raise JournalError(f"lots of {row.account!r} do not follow their member")
            rows[-1] = replace(before, lots=before.lots + row.lots)
        else:
            rows.append(row)
    return replace(page, rows=tuple(rows))


def _page_map(page: Page) -> dict[str, Any]:
    return {
        "after": page.after.version,
        "epoch": page.cursor.epoch,
        "more": page.more,
        "now_ms": page.now_ms,
        "quarantined": [list(place) for place in page.quarantined],
        "row": "page",
        "upto": [position.to_map() for position in page.upto],
        "version": page.cursor.version,
    }


def _page(value: Mapping[str, Any]) -> Page:
    if value["row"] != "page":
        raise ValueError(f"the first row is {value['row']!r}")
    epoch = str(value["epoch"])
    return Page(
        after=Cursor(epoch, int(value["after"])),
        cursor=Cursor(epoch, int(value["version"])),
        more=bool(value["more"]),
        now_ms=int(value["now_ms"]),
        upto=tuple(Position.from_map(position) for position in value["upto"]),
        quarantined=tuple((str(epoch), int(seq)) for epoch, seq in value["quarantined"]),
    )


def _row_maps(row: Row) -> Iterator[dict[str, Any]]:
    match row:
        case ProgrammeRow(data, number, signature, delegation):
            signed = {"delegation": to_text(delegation), "signature": to_text(signature)}
            yield {"data": data.decode(), "number": number, "row": "programme", **signed}
        case EntryRow(data, digest, signature):
            yield {"data": data.decode(), "hash": digest.hex(), "row": "entry", "signature": to_text(signature)}
        case MemberRow():
            yield {
                "account": row.account,
                "cards": [_card_map(card) for card in row.cards],
                "joined": list(row.joined),
                "lots": _lot_lists(row.lots[:LOTS_MAX]),
                "profiles": [_profile_map(profile) for profile in row.profiles],
                "row": "member",
                "status": row.status,
                "whole": row.whole,
            }
            for start in range(LOTS_MAX, len(row.lots), LOTS_MAX):
                more = _lot_lists(row.lots[start : start + LOTS_MAX])
                yield {"account": row.account, "lots": more, "row": "lots"}
        case TillRow(till, key):
            yield {"key": to_text(key), "row": "till", "till": till}
        case ShopKeyRow(shop, number, wrapped):
            yield {"key": to_text(wrapped), "number": number, "row": "shop_key", "shop": shop}
        case VoucherRow(shop, unit, serial, left, check):
            known = None if check is None else check.hex()
            yield {"check": known, "left": left, "row": "voucher", "serial": serial, "shop": shop, "unit": unit}
        case StaffRow(staff, role, pin):
            yield {"pin": pin, "role": role, "row": "staff", "staff": staff}


def _row(value: Mapping[str, Any]) -> Row | None:
    build = _ROWS.get(value["row"])
    return None if build is None else build(value)


def _programme(value: Mapping[str, Any]) -> ProgrammeRow:
    signature, delegation = from_text(value["signature"]), from_text(value["delegation"])
    return ProgrammeRow(value["data"].encode(), int(value["number"]), signature, delegation)


def _entry(value: Mapping[str, Any]) -> EntryRow:
    return EntryRow(value["data"].encode(), bytes.fromhex(value["hash"]), from_text(value["signature"]))


def _member(value: Mapping[str, Any]) -> MemberRow:
    return MemberRow(
        account=str(value["account"]),
        status=str(value["status"]),
        joined=tuple(str(account) for account in value["joined"]),
        cards=tuple(_card(card) for card in value["cards"]),
        lots=_lots(value["lots"]),
        profiles=tuple(_profile(profile) for profile in value["profiles"]),
        whole=bool(value.get("whole", True)),
    )


def _more_lots(value: Mapping[str, Any]) -> MemberRow:
    return MemberRow(str(value["account"]), "", lots=_lots(value["lots"]))


def _till(value: Mapping[str, Any]) -> TillRow:
    return TillRow(str(value["till"]), from_text(value["key"]))


def _shop_key(value: Mapping[str, Any]) -> ShopKeyRow:
    return ShopKeyRow(str(value["shop"]), int(value["number"]), from_text(value["key"]))


def _voucher(value: Mapping[str, Any]) -> VoucherRow:
    check = None if value["check"] is None else bytes.fromhex(value["check"])
    return VoucherRow(str(value["shop"]), str(value["unit"]), str(value["serial"]), int(value["left"]), check)


def _staff(value: Mapping[str, Any]) -> StaffRow:
    return StaffRow(str(value["staff"]), str(value["role"]), None if value["pin"] is None else str(value["pin"]))


_ROWS: dict[str, Callable[[Mapping[str, Any]], Row]] = {
    "programme": _programme,
    "entry": _entry,
    "member": _member,
    "lots": _more_lots,
    "till": _till,
    "shop_key": _shop_key,
    "voucher": _voucher,
    "staff": _staff,
}


def _lot_lists(lots: Sequence[LotRow]) -> list[list[Any]]:
    return [[lot.unit, lot.lot, lot.amount, lot.expires] for lot in lots]


def _lots(value: Sequence[Sequence[Any]]) -> tuple[LotRow, ...]:
    return tuple(LotRow(unit, lot, int(amount), expires) for unit, lot, amount, expires in value)


def _card_map(card: CardRow) -> dict[str, Any]:
    profile = None if card.profile is None else _profile_map(card.profile)
    return {"account": card.account, "card": card.card, "profile": profile, "role": card.role}


def _card(value: Mapping[str, Any]) -> CardRow:
    profile = None if value["profile"] is None else _profile(value["profile"])
    return CardRow(str(value["card"]), str(value["account"]), profile, str(value.get("role", SPEND)))


def _profile_map(profile: SealedProfile) -> dict[str, Any]:
    key = None if profile.wrapped_key is None else to_text(profile.wrapped_key)
    return {"key": key, "sealed": to_text(profile.sealed), "subject": profile.subject}


def _profile(value: Mapping[str, Any]) -> SealedProfile:
    key = None if value["key"] is None else from_text(value["key"])
    return SealedProfile(str(value["subject"]), from_text(value["sealed"]), key)
