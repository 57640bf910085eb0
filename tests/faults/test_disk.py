"""The bad disk itself: what a power cut may leave, and what it may not."""

from random import Random

import pytest

from tests.faults.disk import SECTOR, Damage, Disk
from tests.faults.tracing import Call

BASE = bytes(2 * SECTOR)
NEW = b"\x01" * SECTOR + b"\x02" * SECTOR


def disk(*calls: Call) -> Disk:
    """A disk with one durable file, after these calls."""
    made = Disk.of({"f": BASE})
    for call in calls:
        made.apply(call)
    return made


def seen(made: Disk, damage: Damage) -> set[bytes | None]:
    return {made.after_cut(damage, Random(seed)).get("f") for seed in range(60)}


WRITE = Call("write", "f", data=NEW)
SYNC = Call("sync", "f")


@pytest.mark.parametrize("damage", list(Damage))
def test_what_was_synced_stays(damage: Damage) -> None:
    assert seen(disk(WRITE, SYNC), damage) == {NEW}


def test_what_was_not_synced_may_be_lost_or_kept() -> None:
    assert seen(disk(WRITE), Damage.LOST) == {BASE}
    assert seen(disk(WRITE), Damage.KEPT) == {NEW}


def test_a_write_may_be_torn_anywhere_and_its_sectors_may_come_in_any_order() -> None:
    assert len(seen(disk(WRITE), Damage.TORN)) > 20
    whole = {BASE, NEW, NEW[:SECTOR] + BASE[SECTOR:], BASE[:SECTOR] + NEW[SECTOR:]}
    assert seen(disk(WRITE), Damage.MIXED) == whole


def test_a_later_write_may_be_there_without_an_earlier_one() -> None:
    first, second = Call("write", "f", data=b"a"), Call("write", "f", at=SECTOR, data=b"b")

    assert BASE[:SECTOR] + b"b" + BASE[SECTOR + 1 :] in seen(disk(first, second), Damage.PICKED)


@pytest.mark.parametrize("sync", [Call("sync", "f", done=False), Call("sync", "f", done=None)])
def test_a_sync_that_failed_or_was_never_answered_promises_nothing(sync: Call) -> None:
    assert seen(disk(WRITE, sync), Damage.LOST) == {BASE}


def test_a_name_is_durable_once_its_folder_is_synced() -> None:
    new, unlinked = Call("openat", "new"), Call("unlink", "f")

    assert set(disk(new, unlinked).after_cut(Damage.LOST, Random(0))) == {"f"}
    assert set(disk(new, unlinked, Call("sync", ".")).after_cut(Damage.LOST, Random(0))) == {"new"}


def test_a_file_that_takes_anothers_name_is_one_or_the_other() -> None:
    renamed = disk(Call("openat", "new"), Call("append", "new", data=b"n"), Call("sync", "new"))
    renamed.apply(Call("rename", "new", other="f"))

    assert seen(renamed, Damage.PICKED) == {BASE, b"n"}


def test_a_file_that_grew_without_its_bytes_reads_as_zeros() -> None:
    grown = disk(Call("write", "f", at=3 * SECTOR, data=b"end"))

    assert grown.now()["f"] == BASE + bytes(SECTOR) + b"end"
    assert disk(Call("truncate", "f", at=5)).now()["f"] == bytes(5)


def test_a_copy_goes_its_own_way() -> None:
    made = disk(WRITE)
    made.copy().apply(SYNC)

    assert not made.is_synced
