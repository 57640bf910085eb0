"""L11: what a customer waits for waits for no network."""

import socket
from pathlib import Path

import pytest

from agent.counter import RefundLine
from tests.counter.shops import line, open_shop, shop_programme


def test_L11_an_enrolment_a_sale_and_a_refund_ask_for_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refuse(_socket: socket.socket, address: object) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        ana = shop.member()
        shop.sell("S-1", line(1000), account=ana.account)
        assert shop.refund("R-1", RefundLine("S-1", 0, 1000)) == 1000
        with pytest.raises(ConnectionRefusedError), socket.socket() as probe:
            probe.connect(("127.0.0.1", 9))

    assert asked == [("127.0.0.1", 9)]
