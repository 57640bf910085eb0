"""Currencies: how many digits of minor units each has (ISO 4217, list one)."""

from __future__ import annotations

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_OTHERS = dict.fromkeys(_NO_DIGITS.split(), 0) | dict.fromkeys(_THREE_DIGITS.split(), 3) | {"CLF": 4, "UYW": 4}


def minor_digits(currency: str) -> int:
    """Return the decimals of a currency: 2 for GBP, 0 for JPY, 3 for KWD."""
    return _OTHERS.get(currency, 2)
