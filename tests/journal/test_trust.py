import hashlib
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import JournalError
from agent.journal.trust import Delegation, Role, check_entry, check_programme, sign_entry, sign_programme

_ROOT, _ONLINE = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
_ROOT_PUBLIC, _ONLINE_PUBLIC = (key.public_key().public_bytes_raw() for key in (_ROOT, _ONLINE))
_DELEGATION = Delegation(_ONLINE_PUBLIC, Role.FEED, 3)


def test_a_delegation_of_the_root_key_is_believed() -> None:
    assert Delegation.check(_DELEGATION.sign(_ROOT), root=_ROOT_PUBLIC, role=Role.FEED) == _DELEGATION


def test_a_delegation_of_another_root_key_is_not() -> None:
    with pytest.raises(JournalError, match="signature"):
        Delegation.check(_DELEGATION.sign(_ONLINE), root=_ROOT_PUBLIC, role=Role.FEED)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"serial":3', b'"serial":4'), (b'"feed"', b'"sell"'), (b'"feed"', b'"release"')]
)
def test_a_changed_delegation_is_not(old: bytes, new: bytes) -> None:
    with pytest.raises(JournalError):
        Delegation.check(_DELEGATION.sign(_ROOT).replace(old, new), root=_ROOT_PUBLIC, role=Role.FEED)


def test_a_key_speaks_for_its_role_only() -> None:
    with pytest.raises(JournalError, match="delegated for the role 'feed', not for 'programme'"):
        Delegation.check(_DELEGATION.sign(_ROOT), root=_ROOT_PUBLIC, role=Role.PROGRAMME)


def test_what_a_delegation_says_may_be_read_again() -> None:
    assert Delegation.stated(_DELEGATION.sign(_ROOT)) == _DELEGATION


def test_a_signature_on_an_entry_is_for_that_entry() -> None:
    signature = sign_entry(b"h" * 32, _ONLINE)

    check_entry(b"h" * 32, signature, key=_ONLINE_PUBLIC)
    with pytest.raises(JournalError, match="signature"):
        check_entry(b"i" * 32, signature, key=_ONLINE_PUBLIC)


def test_a_signature_on_bare_bytes_is_none_on_an_entry() -> None:
    with pytest.raises(JournalError, match="signature"):
        check_entry(b"h" * 32, _ONLINE.sign(b"h" * 32), key=_ONLINE_PUBLIC)


def test_a_signature_on_a_programme_is_for_that_file_shop_and_number() -> None:
    signature = sign_programme(b"name = 1", _ONLINE, shop="corner", number=7)

    check_programme(b"name = 1", signature, key=_ONLINE_PUBLIC, shop="corner", number=7)
    for data, shop, number in ((b"name = 2", "corner", 7), (b"name = 1", "harbour", 7), (b"name = 1", "corner", 8)):
        with pytest.raises(JournalError, match="signature"):
            check_programme(data, signature, key=_ONLINE_PUBLIC, shop=shop, number=number)


def test_a_programmes_signature_is_on_its_hash_its_shop_and_its_number() -> None:
    signature = sign_programme(b"name = 1", _ONLINE, shop="corner", number=7)

    digest = hashlib.sha256(b"name = 1").hexdigest()
    signed = f'tallystick programme 1\n{{"number":7,"programme":"{digest}","shop":"corner"}}'
    _ONLINE.public_key().verify(signature, signed.encode())


def test_the_root_keys_word_is_on_what_it_delegates() -> None:
    stated = b'{"key":"' + b64encode(_ONLINE_PUBLIC) + b'","role":"feed","serial":3}'

    signature = _ROOT.sign(b"tallystick delegation 1\n" + stated)
    signed = b'{"delegation":' + stated + b',"signature":"' + b64encode(signature) + b'"}'
    assert _DELEGATION.sign(_ROOT) == signed


def test_a_key_of_no_length_at_all_signs_nothing() -> None:
    with pytest.raises(JournalError, match=r"^the signature does not fit the key and what it is said to sign$"):
        check_entry(b"h" * 32, b"s" * 64, key=b"")
