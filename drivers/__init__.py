"""The drivers that come with Tallystick. Nothing is loaded here: a row says what a driver can be and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agent.devices.categories import Category
from agent.devices.loading import DriverRow

DRIVERS: Mapping[str, DriverRow] = MappingProxyType(
    {
        "escpos_printer": DriverRow((Category.POS_PRINTER,), "drivers.escpos_printer:EscposPrinter"),
        "pcsc": DriverRow((Category.SMART_CARD_RW,), "drivers.pcsc:PcscReader"),
        "serial_scanner": DriverRow((Category.SCANNER,), "drivers.serial_scanner:SerialScanner"),
        "simulated": DriverRow(tuple(Category), "drivers.simulated:Simulated"),
    }
)
