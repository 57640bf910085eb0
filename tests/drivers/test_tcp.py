"""The TCP transport: what is written arrives even while the device is talking."""

from __future__ import annotations

import socket
import threading

import pytest

from agent.errors import DeviceError
from drivers._tcp import TcpDevice


def test_unread_answers_do_not_cost_what_was_written() -> None:
    received = bytearray()

    def device(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"\x14\x00\x00\x00" * 100)  # automatic status that nobody reads
            while data := connection.recv(4096):
                received.extend(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=device, args=(listener,))
        thread.start()
        link = TcpDevice("127.0.0.1", listener.getsockname()[1], connect_timeout_s=1, write_timeout_s=1)
        with link.channel() as channel:
            channel.write(b"slip" * 10_000)
        thread.join()

    assert bytes(received) == b"slip" * 10_000


def test_a_device_that_resets_the_connection_is_an_error_not_a_success() -> None:
    def device(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=device, args=(listener,))
        thread.start()
        link = TcpDevice("127.0.0.1", listener.getsockname()[1], connect_timeout_s=1, write_timeout_s=1)
        with pytest.raises(DeviceError):
            _write_once_it_is_gone(link, thread)


def _write_once_it_is_gone(link: TcpDevice, device: threading.Thread) -> None:
    with link.channel() as channel:
        device.join()
        channel.write(b"slip")


def test_an_unknown_host_is_an_error_of_the_device() -> None:
    link = TcpDevice("printer.invalid", 9100, connect_timeout_s=1, write_timeout_s=1)

    with pytest.raises(DeviceError, match=r"printer\.invalid:9100"):
        link.open()
