"""A text as a QR code, drawn without any file: one path that a page's own SVG element shows."""

import segno

from app.web.context_parts import QrCode

_QUIET = 4
"""Modules of quiet zone on every side (ISO/IEC 18004 §6.3.8)."""


def draw_qr(text: str) -> QrCode:
    """The QR code of a text, error correction M; a run of dark modules in a row is one piece of the path."""
    matrix = segno.make(text, error="m", micro=False).matrix
    pieces: list[str] = []
    for y, row in enumerate(matrix, start=_QUIET):
        start = None
        for x, dark in enumerate([*row, 0], start=_QUIET):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                pieces.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
                start = None
    return QrCode(size=len(matrix) + 2 * _QUIET, path="".join(pieces))
