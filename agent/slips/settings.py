"""The [slips] section of till.toml, and the letterhead that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.devices.document import Image
from agent.errors import ConfigError
from agent.slips.template import SlipTemplate, read_template
from agent.slips.texts import LANGUAGES

COLUMNS: Final = (32, 42, 48)  # of font A: what paper of 58 and 80 mm takes
WEB_MAX: Final = 200  # a QR code of 57 modules, which fits the narrowest paper
LOGO_WIDTH_MAX_PX: Final = 384  # the narrowest paper (58 mm) prints this many dots
_AS_IT_COMES: Final = SlipTemplate()


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every slip of a till has in common; an empty text is left out.

    `web` is the address where members see their balance, `columns` the paper's width in characters of font A.
    `language` is that of slips for nobody in particular, and for members who have not said theirs.
    """

    shop: str
    address: tuple[str, ...] = ()
    contact: str = ""
    web: str = ""
    logo: Image | None = None
    columns: int = 42
    language: str = "en"
    template: SlipTemplate = _AS_IT_COMES


@dataclass(frozen=True, slots=True)
class SlipSettings:
    """The [slips] section of till.toml: a letterhead whose `logo` is still a PNG file, its `template` a TOML file.

    What a slip said is kept for copies of it until `keep_days` days after the sale, if it was printed.
    """

    shop: str
    address: tuple[str, ...] = ()
    contact: str = ""
    web: str = ""
    logo: Path | None = None
    columns: int = 42
    language: str = "en"
    keep_days: int = 30
    template: Path | None = None

    def __post_init__(self) -> None:
        """Refuse paper, languages and addresses that no slip can have; raises ConfigError."""
        if self.columns not in COLUMNS:
            raise ConfigError(f"'columns' is {self.columns} but must be one of {', '.join(map(str, COLUMNS))}")
        if self.language not in LANGUAGES:
            raise ConfigError(f"'language' is {self.language!r} but must be one of {', '.join(LANGUAGES)}")
        if self.keep_days < 1:
            raise ConfigError(f"'keep_days' is {self.keep_days} but must be 1 or more")
        if len(self.web) > WEB_MAX or not (self.web.isascii() and self.web.isprintable()):
            raise ConfigError(f"'web' is {self.web!r} but must be at most {WEB_MAX} printable ASCII characters")

    def letterhead(self) -> Letterhead:
        """Read the logo, shrunk to 384 dots if it is wider, and the template; ConfigError if one cannot be read."""
        from agent.slips.logo import load_logo  # Pillow takes longer to load than most commands take

        logo = None if self.logo is None else load_logo(self.logo, width_max_px=LOGO_WIDTH_MAX_PX)
        template = _AS_IT_COMES
        if self.template is not None:
            template = read_template(self.template, language=self.language)
        return Letterhead(self.shop, self.address, self.contact, self.web, logo, self.columns, self.language, template)
