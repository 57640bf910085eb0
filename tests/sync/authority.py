"""A private certificate authority, made anew for a test, and certificates of it as a headquarters would have."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
GOOD = (NOW - timedelta(days=1), NOW + timedelta(days=30))
EXPIRED = (NOW - timedelta(days=30), NOW - timedelta(days=1))
NOT_YET = (NOW + timedelta(days=1), NOW + timedelta(days=30))


class Authority:
    """Signs certificates; `ca` is the file that a till is given."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        began = NOW - timedelta(days=365)
        builder = self._builder(self._name, self._key, (began, NOW + timedelta(days=365)))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.ca = self._write("ca.pem", builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def certify(self, *, address: str, dates: tuple[datetime, datetime]) -> tuple[Path, Path]:
        """Return the files of a certificate for an address and of its key."""
        key = generate_private_key(SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hq")]), key, dates)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = builder.add_extension(names, critical=False).sign(self._key, SHA256())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._write("hq.pem", certificate.public_bytes(Encoding.PEM)), self._write("hq.key", pem)

    def _builder(
        self, subject: x509.Name, key: EllipticCurvePrivateKey, dates: tuple[datetime, datetime]
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return builder.not_valid_before(dates[0]).not_valid_after(dates[1])

    def _write(self, name: str, data: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(data)
        return path
