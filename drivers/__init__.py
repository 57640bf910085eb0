"""The drivers that come with Tallystick. Nothing is loaded here: a row says what a driver can be and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agent.devices.categories import Category
from agent.devices.loading import DriverRow

DRIVERS: Mapping[str, DriverRow] = MappingProxyType(
    {
        "escpos_printer": DriverRow((Category.POS_PRINTER,), "drivers.escpos_printer:EscposPrinter"),
        "hid_msr": DriverRow((Category.MSR,), "drivers.hid_msr:HidMsr"),
        "hid_pos": DriverRow((Category.SCANNER,), "drivers.hid_pos:HidPos"),
        "keyboard_wedge": DriverRow((Category.MSR, Category.SCANNER), "drivers.keyboard_wedge:KeyboardWedge"),
        "pcsc": DriverRow((Category.SMART_CARD_RW,), "drivers.pcsc:PcscReader"),
        "serial_msr": DriverRow((Category.MSR,), "drivers.serial_msr:SerialMsr"),
        "serial_scanner": DriverRow((Category.SCANNER,), "drivers.serial_scanner:SerialScanner"),
        "simulated": DriverRow(tuple(Category), "drivers.simulated:Simulated"),
        "ssi_scanner": DriverRow((Category.SCANNER,), "drivers.ssi_scanner:SsiScanner"),
    }
)
