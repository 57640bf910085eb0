"""The drivers that come with Tallystick. Nothing is loaded here: a row says what a driver can be and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agent.devices.categories import Category
from agent.devices.loading import DriverRow, DriverTable, Plug, Subsystem

# USB vendor ids, from usb.ids of linux-usb.org; it lacks Youjie, a brand of Honeywell's.
_SCANNER_MAKERS = (0x0C2E, 0x23D0, 0x05E0, 0x05F9, 0x1EAB)  # Honeywell (Metrologic), Youjie, Zebra, Datalogic, Newland
_STRIPE_MAKERS = (0x0801, 0x0ACD)  # MagTek, ID TECH
_ESCPOS_MAKERS = (0x04B8, 0x1504, 0x1D90, 0x0DD4)  # Epson, Bixolon, Citizen, Custom; Star's speak another language
_USBLP = MappingProxyType({"transport": "usblp"})
_TYPES_LABELS = MappingProxyType({"category": str(Category.SCANNER)})
_TYPES_SWIPES = MappingProxyType({"category": str(Category.MSR)})

DRIVERS: Mapping[str, DriverRow] = MappingProxyType(
    {
        "cash_drawer": DriverRow((Category.CASH_DRAWER,), "drivers.cash_drawer:TriggeredDrawer"),
        "escpos_printer": DriverRow(
            (Category.POS_PRINTER,),
            "drivers.escpos_printer:EscposPrinter",
            fits=(
                *(Plug(Subsystem.USBMISC, maker, settings=_USBLP) for maker in _ESCPOS_MAKERS),
                Plug(Subsystem.USBMISC, settings=_USBLP),
            ),
        ),
        "hid_msr": DriverRow(
            (Category.MSR,),
            "drivers.hid_msr:HidMsr",
            fits=(
                Plug(Subsystem.HIDRAW, 0x0801, product=0x0002, settings=MappingProxyType({"report": "magtek"})),
                Plug(Subsystem.HIDRAW, 0x0ACD, usage_page=0xFF00, settings=MappingProxyType({"report": "idtech"})),
                Plug(Subsystem.HIDRAW, usage_page=0x8E),
            ),
        ),
        "hid_pos": DriverRow(
            (Category.SCANNER,),
            "drivers.hid_pos:HidPos",
            fits=(Plug(Subsystem.HIDRAW, usage_page=0x8C),),
        ),
        "keyboard_wedge": DriverRow(
            (Category.MSR, Category.SCANNER),
            "drivers.keyboard_wedge:KeyboardWedge",
            fits=(
                *(Plug(Subsystem.INPUT, maker, settings=_TYPES_LABELS) for maker in _SCANNER_MAKERS),
                *(Plug(Subsystem.INPUT, maker, settings=_TYPES_SWIPES) for maker in _STRIPE_MAKERS),
                Plug(Subsystem.INPUT, settings=_TYPES_LABELS),
            ),
        ),
        "line_display": DriverRow((Category.LINE_DISPLAY,), "drivers.line_display:CustomerDisplay"),
        "pcsc": DriverRow(
            (Category.SMART_CARD_RW,),
            "drivers.pcsc:PcscReader",
            fits=(Plug(Subsystem.SMART_CARD),),
        ),
        "serial_msr": DriverRow(
            (Category.MSR,),
            "drivers.serial_msr:SerialMsr",
            fits=tuple(Plug(Subsystem.TTY, maker) for maker in _STRIPE_MAKERS),
        ),
        "serial_scanner": DriverRow(
            (Category.SCANNER,),
            "drivers.serial_scanner:SerialScanner",
            fits=(*(Plug(Subsystem.TTY, maker) for maker in _SCANNER_MAKERS), Plug(Subsystem.TTY)),
        ),
        "simulated": DriverRow(tuple(Category), "drivers.simulated:Simulated"),
        "ssi_scanner": DriverRow((Category.SCANNER,), "drivers.ssi_scanner:SsiScanner"),
        "star_printer": DriverRow((Category.POS_PRINTER,), "drivers.star_printer:StarPrinter"),
    }
)


def known_drivers() -> Mapping[str, DriverRow]:
    """Return every driver there is: ours, and those of other packages installed beside us."""
    return DriverTable(DRIVERS)
