import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.journal.codes import key_tag
from agent.journal.entry import VOUCHERS_PREFIX, Posting
from agent.journal.feed import ShopKeyRow, TillRow, VoucherRow
from agent.journal.sealed import wrap_key
from agent.ledger import audit
from agent.ledger.kept.codes import key_of, shop_keys, shop_of, till_key, voucher_left
from agent.ledger.ledger import Ledger
from tests.ledger.kept.test_feed import PRIVATE, Feed
from tests.ledger.tills import TILL, draft

SERIAL = "J01DR3NQK8N"


def shop_key(key: bytes, *, number: int = 1, shop: str = TILL) -> ShopKeyRow:
    return ShopKeyRow(shop, number, wrap_key(key, PRIVATE.public_key()))


def test_a_till_makes_its_keys_when_it_needs_them_and_keeps_them(ledger: Ledger) -> None:
    first = till_key(ledger).private_bytes_raw(), shop_keys(ledger)

    assert (till_key(ledger).private_bytes_raw(), shop_keys(ledger)) == first
    assert len(shop_keys(ledger)) == 1


def test_codes_are_made_by_the_shops_newest_key_and_all_are_believed(ledger: Ledger) -> None:
    (own,) = shop_keys(ledger)
    one, two = secrets.token_bytes(32), secrets.token_bytes(32)

    feed = Feed(ledger)
    feed.tell(shop_key(one))
    assert shop_keys(ledger) == (one, own)
    feed.tell(shop_key(two, number=2), shop_key(one))

    assert shop_keys(ledger) == (two, one, own)


def test_a_till_that_needed_none_has_no_key_but_the_shops(ledger: Ledger) -> None:
    key = secrets.token_bytes(32)

    Feed(ledger).tell(shop_key(key))

    assert shop_keys(ledger) == (key,)


def test_a_key_of_another_shop_or_for_another_till_is_left_alone(ledger: Ledger) -> None:
    before = shop_keys(ledger)
    stranger = wrap_key(secrets.token_bytes(32), X25519PrivateKey.generate().public_key())

    Feed(ledger).tell(shop_key(secrets.token_bytes(32), shop="harbour"), ShopKeyRow(TILL, 1, stranger))

    assert shop_keys(ledger) == before


def test_no_key_of_the_shop_lies_in_the_ledgers_file(ledger: Ledger) -> None:
    key = secrets.token_bytes(32)
    Feed(ledger).tell(shop_key(key))
    ledger.checkpoint()

    written = {path.name: path.read_bytes() for path in ledger.path.parent.iterdir() if path.is_file()}

    assert {name for name, data in written.items() if key in data} <= {"keys.db", "keys.db-wal"}
    assert any(key in data for data in written.values())


def test_the_keys_of_other_tills_are_known_by_their_tags(ledger: Ledger) -> None:
    own, old, new = (
        key.public_key().public_bytes_raw()
        for key in (till_key(ledger), Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())
    )
    assert key_of(ledger, key_tag(old)) is None

    feed = Feed(ledger)
    feed.tell(TillRow("corner/2", old))
    feed.tell(TillRow("corner/2", new), TillRow("harbour/1", own))

    assert [key_of(ledger, key_tag(key)) for key in (own, old, new)] == [own, old, new]


def test_of_a_voucher_the_less_counts_of_what_headquarters_said_and_what_happened_here(ledger: Ledger) -> None:
    feed = Feed(ledger)
    assert voucher_left(ledger, "8Q92FH5J", "five", SERIAL) is None
    ledger.append(draft("issued", postings=voucher(1)))
    assert voucher_left(ledger, "8Q92FH5J", "five", SERIAL) == 1

    feed.tell(VoucherRow("8Q92FH5J", "five", SERIAL, 0, None))
    assert voucher_left(ledger, "8Q92FH5J", "five", SERIAL) == 0
    feed.tell(VoucherRow("8Q92FH5J", "five", SERIAL, 1, None))
    ledger.append(draft("spent", postings=voucher(-1)))

    assert voucher_left(ledger, "8Q92FH5J", "five", SERIAL) == 0
    audit.rebuild(ledger)
    assert voucher_left(ledger, "8Q92FH5J", "five", SERIAL) == 0
    assert voucher_left(ledger, "another", "five", SERIAL) is None


def voucher(amount: int) -> tuple[Posting, ...]:
    account = VOUCHERS_PREFIX + "8Q92FH5J"
    return (Posting("five", "issuance", -amount), Posting("five", account, amount, SERIAL))


def test_another_shops_voucher_is_known_by_its_serial_and_check(ledger: Ledger) -> None:
    Feed(ledger).tell(VoucherRow("8Q92FH5J", "five", SERIAL, 1, b"12345678"))

    assert shop_of(ledger, SERIAL, b"12345678") == "8Q92FH5J"
    assert shop_of(ledger, SERIAL, b"87654321") is None
