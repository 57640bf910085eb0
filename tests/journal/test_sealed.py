import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JournalError
from agent.journal.sealed import KEY_BYTES, NONCE_BYTES, digest, seal, unseal, unwrap_key, wrap_key

KEY, NONCE = b"k" * KEY_BYTES, b"n" * NONCE_BYTES
PROFILE = {"name": "Ștefan Müller", "phone": "+44 7700 900123", "birthday": None}
SEALED = seal(PROFILE, subject="acc-1", key=KEY, nonce=NONCE)


def test_a_sealed_profile_opens_with_its_key_for_its_subject() -> None:
    assert unseal(SEALED, subject="acc-1", key=KEY) == PROFILE


def test_nothing_of_the_profile_can_be_read_from_its_sealed_bytes() -> None:
    for part in ("Müller", "7700", "phone"):
        assert part.encode() not in SEALED


@pytest.mark.parametrize("key", [b"x" * KEY_BYTES, KEY[:-1], b"", KEY[:16]])
def test_another_key_opens_nothing(key: bytes) -> None:
    with pytest.raises(JournalError, match="'acc-1' does not open with this key"):
        unseal(SEALED, subject="acc-1", key=key)


@pytest.mark.parametrize("subject", ["acc-2", "", "acc-1 "])
def test_a_profile_moved_to_another_subject_does_not_open(subject: str) -> None:
    with pytest.raises(JournalError):
        unseal(SEALED, subject=subject, key=KEY)


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_a_profile_with_any_flipped_bit_does_not_open(bit: int) -> None:
    changed = bytearray(SEALED)
    changed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(JournalError):
        unseal(bytes(changed), subject="acc-1", key=KEY)


def test_a_profile_cut_anywhere_does_not_open() -> None:
    for length in range(len(SEALED)):
        with pytest.raises(JournalError):
            unseal(SEALED[:length], subject="acc-1", key=KEY)


def test_the_digest_is_that_of_the_ciphertext() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest(SEALED) != digest(seal(PROFILE, subject="acc-1", key=KEY, nonce=b"m" * NONCE_BYTES))


def test_a_profile_cannot_hold_what_an_entry_may_not_hold() -> None:
    with pytest.raises(JournalError):
        seal({"height": 1.8}, subject="acc-1", key=KEY, nonce=NONCE)


def test_a_key_wrapped_for_a_receiver_is_unwrapped_by_nobody_else() -> None:
    receiver, stranger = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    wrapped = wrap_key(KEY, receiver.public_key())

    assert KEY not in wrapped
    assert unwrap_key(wrapped, receiver) == KEY
    with pytest.raises(JournalError, match=r"^the profile key was wrapped for another receiver$"):
        unwrap_key(wrapped, stranger)


def test_a_wrapped_key_that_was_cut_or_changed_does_not_unwrap() -> None:
    receiver = X25519PrivateKey.generate()
    wrapped = wrap_key(KEY, receiver.public_key())

    for damaged in (b"", wrapped[:-1], wrapped[:10], wrapped[:-1] + bytes([wrapped[-1] ^ 1])):
        with pytest.raises(JournalError):
            unwrap_key(damaged, receiver)


def test_a_profile_is_bound_to_its_subject_by_the_cipher() -> None:
    sealed = AESGCM(KEY).encrypt(NONCE, b'{"name":"Ada"}', b"acc-1")

    assert seal({"name": "Ada"}, subject="acc-1", key=KEY, nonce=NONCE) == NONCE + sealed
