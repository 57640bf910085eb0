"""Letters to people, by SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage

from hq.config import Mail

_TIMEOUT_S = 30


def about_silence(mail: Mail, name: str, shop: str, heard_ms: int) -> EmailMessage:
    """Return a letter that says since when a shop has not been heard of."""
    since = datetime.fromtimestamp(heard_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    letter = EmailMessage()
    letter["Subject"] = f"{name}: shop {shop} has not reported since {since}"
    letter["From"], letter["To"] = mail.sender, mail.to
    letter.set_content(
        f"None of the tills of shop {shop} was heard of since {since}.\n"
        "They go on selling; what they sold comes when they report.\n"
        "Look at the line of the shop. `tally-hq tills` shows its tills one by one.\n"
    )
    return letter


def send(mail: Mail, letter: EmailMessage) -> None:
    """Hand a letter to the server; raises OSError when it cannot be reached or does not take it."""
    with smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT_S) as server:
        server.send_message(letter)
