import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import JournalError
from agent.journal.trust import FEED_ROLE, PROGRAMME_ROLE, Delegation, check_entry, sign_entry

_ROOT, _ONLINE = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
_ROOT_PUBLIC, _ONLINE_PUBLIC = (key.public_key().public_bytes_raw() for key in (_ROOT, _ONLINE))
_DELEGATION = Delegation(_ONLINE_PUBLIC, (FEED_ROLE, PROGRAMME_ROLE), 3)


def test_a_delegation_of_the_root_key_is_believed() -> None:
    assert Delegation.check(_DELEGATION.sign(_ROOT), root=_ROOT_PUBLIC) == _DELEGATION


def test_a_delegation_of_another_root_key_is_not() -> None:
    with pytest.raises(JournalError, match="signature"):
        Delegation.check(_DELEGATION.sign(_ONLINE), root=_ROOT_PUBLIC)


@pytest.mark.parametrize(("old", "new"), [(b'"serial":3', b'"serial":4'), (b'"feed"', b'"sell"')])
def test_a_changed_delegation_is_not(old: bytes, new: bytes) -> None:
    with pytest.raises(JournalError):
        Delegation.check(_DELEGATION.sign(_ROOT).replace(old, new), root=_ROOT_PUBLIC)


def test_a_signature_on_an_entry_is_for_that_entry() -> None:
    signature = sign_entry(b"h" * 32, _ONLINE)

    check_entry(b"h" * 32, signature, key=_ONLINE_PUBLIC)
    with pytest.raises(JournalError, match="signature"):
        check_entry(b"i" * 32, signature, key=_ONLINE_PUBLIC)


def test_a_signature_on_bare_bytes_is_none_on_an_entry() -> None:
    with pytest.raises(JournalError, match="signature"):
        check_entry(b"h" * 32, _ONLINE.sign(b"h" * 32), key=_ONLINE_PUBLIC)
