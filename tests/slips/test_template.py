from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.devices.document import Document, Text
from agent.errors import ConfigError
from agent.slips.facts import Addressee
from agent.slips.layout import lay_out
from agent.slips.preview.samples import KINDS, sample
from agent.slips.settings import SlipSettings
from agent.slips.template import read_template
from agent.slips.texts import LANGUAGES
from tests.slips.samples import LETTERHEAD, SALE

SHIPPED = Path(__file__).parents[2] / "config" / "slips.toml"
NEEDED = '"vouchers", "codes", "receipt"'


def _texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Text)]


def _slip(tmp_path: Path, template: str, to: Addressee | None = None) -> list[str]:
    path = tmp_path / "slips.toml"
    path.write_text(template, encoding="utf-8")
    letterhead = replace(LETTERHEAD, template=read_template(path, language="en"))
    return _texts(lay_out(SALE, letterhead, to or Addressee("Anna")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slip", KINDS)
def test_the_template_that_we_ship_suits_every_kind_and_language(slip: str, language: str) -> None:
    kind = next(one for one in KINDS if one == slip)
    letterhead = SlipSettings("Corner Shop", template=SHIPPED, language=language).letterhead()

    texts = _texts(lay_out(sample(kind), letterhead))

    assert any("7f3a9c2e11d04b55" in text for text in texts)


def test_parts_stand_in_the_shop_s_own_order_and_may_be_left_out(tmp_path: Path) -> None:
    texts = _slip(tmp_path, f'[parts]\nsale = ["nearest", "earned", {NEEDED}]')

    assert texts.index("£5 off your shopping") < texts.index(f"{'Total':<36}£42.18")
    assert "The Corner Shop" not in texts


def test_a_shop_s_own_lines_are_filled_in_and_speak_the_member_s_language(tmp_path: Path) -> None:
    template = f"""
[parts]
all = ["title", "mine", {NEEDED}]
[lines.mine]
en = ["{{{{ shop }}}} thanks {{{{ name }}}}", "{{% if tier %}}{{{{ tier }}}} parks free{{% endif %}}"]
fr = ["{{{{ shop }}}} vous remercie"]
"""

    assert {"The Corner Shop thanks Anna", "Gold parks free"} <= set(_slip(tmp_path, template))
    assert "The Corner Shop vous remercie" in _slip(tmp_path, template, Addressee("Anna", "fr"))
    assert "The Corner Shop thanks Anna" in _slip(tmp_path, template, Addressee("Anna", "ru"))


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("[parts", "cannot be read"),
        ("[part]\nall = []", r"unknown section \[part\]; did you mean 'parts'"),
        ("[parts]\nsales = []", "has no kind of slip 'sales'"),
        (f'[parts]\nsale = ["balnces", {NEEDED}]', "there is no part 'balnces'"),
        (f'[parts]\nsale = ["web", "web", {NEEDED}]', "'web' stands there twice"),
        ('[parts]\nsale = ["vouchers", "codes"]', "'receipt' may stand anywhere but must not be left out"),
        ('[parts]\nclosure = ["receipt"]', "'report' may stand anywhere but must not be left out"),
        ('[parts]\nsale = "web"', "must be a list of texts"),
        ("lines = 3", "must be a section"),
        ('[lines.web]\nen = ["x"]', "'web' is a part already"),
        ('[lines.mine]\nfr = ["x"]', "lacks 'en', which is the till's own language"),
        ('[lines.mine]\nen = ["x"]\nde = ["x"]', "'de' must be one of en, fr, ro, ru"),
        ('[lines.mine]\nen = ["ok", "{{ shop"]', r"\[lines.mine\] en, line 2: "),
        ('[lines.mine]\nen = ["{{ phone }}"]', "'phone' is undefined"),
        ('[lines.mine]\nen = ["{{ 1 / 0 }}"]', "division by zero"),
        ("""[lines.mine]\nen = ["{{ ''.__class__.__mro__ }}"]""", "unsafe"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_before_anything_is_printed(
    tmp_path: Path, template: str, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        _slip(tmp_path, template)
