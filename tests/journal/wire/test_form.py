import pytest
import zstandard

from agent.errors import JournalError
from agent.journal.wire.form import compress, expand, from_text


def test_compressed_bytes_come_back_as_they_were() -> None:
    assert expand(compress(b"entry" * 1000), bytes_max=5000) == b"entry" * 1000


def test_an_empty_frame_is_a_whole_one() -> None:
    assert expand(compress(b""), bytes_max=0) == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no frame at all",
        compress(b"x" * 5000)[:-3],
        compress(bytes(10**8)),  # a bomb: a few kilobytes that say they hold 100 MB
        compress(b"x" * 5000)[:5] + b"\x01" + compress(b"x" * 5000)[6:],  # says less than it holds
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x" * 100),
    ],
)
def test_what_is_no_small_whole_frame_is_refused(data: bytes) -> None:
    with pytest.raises(JournalError, match="zstd frame"):
        expand(data, bytes_max=6000)


@pytest.mark.parametrize("text", ["YQ", "Y\nQ==", " YQ==", "YQ==!", "Y-8="])
def test_bytes_are_read_from_base64_and_from_nothing_else(text: str) -> None:
    assert from_text("YQ==") == b"a"
    with pytest.raises(ValueError, match=r"base64|padding|characters|padded|string"):
        from_text(text)
