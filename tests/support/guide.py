"""What the guides tell people to type, for tests that do it."""

import re

from tests.support.server import ROOT


def blocks(guide: str, language: str) -> list[str]:
    """The blocks of one language in `docs/guide/<guide>.md`."""
    text = (ROOT / "docs" / "guide" / f"{guide}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def fitted(block: str, replaced: dict[str, str]) -> str:
    """The block with each name replaced by the test's own; one that is gone is an error, as the test would prove less than it says."""
    for name, own in replaced.items():
        assert name in block, f"the guide no longer says {name}"
        block = block.replace(name, own)
    return block
