"""What is wrong with a label."""

from __future__ import annotations

from agent.errors import TallyError


class LabelError(TallyError):
    """A label's data is not what its symbology says. The text names the rule, never what was read."""

    hint = "scan it again"
