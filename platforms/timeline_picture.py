# SPDX-License-Identifier: BSD-2-Clause
"""Draws a timeline as SVG: a row for the kernel, one for each thread, and one for each component's own events."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from timeline import Mark, Slice, Timeline

_LEFT, _WIDTH, _RIGHT = 120, 1200, 20
_TOP, _ROW, _BAR = 60, 30, 18
_COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#76b7b2", "#edc948", "#ff9da7", "#9c755f")
_KERNEL, _IDLE = "#e15759", "#e8e8e8"
_LEAST = 0.4  # of what lasts shorter, pixels
_CHARACTER = 6.0  # pixels that one takes


def picture(line: Timeline, system: str) -> str:
    """The timeline of a system, as the text of an SVG file."""
    rows = [*(["kernel"] if line.kernel else []), *line.threads, *(f"{name}: events" for name in line.components)]
    height = _TOP + _ROW * len(rows) + 40
    width = _LEFT + _WIDTH + _RIGHT
    places = {name: _TOP + _ROW * number for number, name in enumerate(rows)}
    scale = _WIDTH / line.length if line.length else 0.0
    body = [
        f'<text x="10" y="24" font-size="16">{escape(system)}: {line.length:g} us</text>',
        f'<text x="10" y="42" fill="#a00">{escape(_missing(line))}</text>' if line.missing else "",
        *_axis(line.length, scale, height),
    ]
    for number, (name, y) in enumerate(places.items()):
        body.append(f'<rect x="{_LEFT}" y="{y}" width="{_WIDTH}" height="{_ROW}" fill="{"#fafafa" if number % 2 else "#f2f2f2"}"/>')
        body.append(f'<text x="{_LEFT - 8}" y="{y + 19}" text-anchor="end">{escape(name)}</text>')
    for piece in line.kernel:
        body.append(_bar(piece, places["kernel"], scale, _IDLE if piece.name == "idle" else _KERNEL))
    for piece in line.running:
        body.append(_bar(piece, places[piece.row], scale, _COLOURS[line.threads.index(piece.row) % len(_COLOURS)]))
    for number, name in enumerate(line.components):
        marks = [mark for mark in line.marks if mark.row == name]
        body += _own(marks, places[f"{name}: events"], scale, _COLOURS[number % len(_COLOURS)], line.length)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#fff"/>', *filter(None, body), "</svg>", ""])


def _missing(line: Timeline) -> str:
    return "missing: " + ", ".join(f"{count} events of {name}" for name, count in line.missing.items())


def _axis(length: float, scale: float, height: int) -> Iterator[str]:
    """About ten times, at round numbers."""
    step = 1.0
    while length / step > 12:
        step *= 2.5 if str(step).startswith("2") else 2
    time = 0.0
    while time <= length and scale:
        x = _LEFT + time * scale
        yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{height - 30}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{height - 14}" text-anchor="middle">{time:g} us</text>'
        time += step


def _bar(piece: Slice, y: int, scale: float, colour: str, text: str = "") -> str:
    x, width = _LEFT + piece.start * scale, max(piece.length * scale, _LEAST)
    details = "".join(f", {name} {value}" for name, value in piece.details)
    title = escape(f"{piece.name}{details}: {piece.start:g} us, for {piece.length:g} us")
    bar = (
        f'<rect x="{x:.2f}" y="{y + (_ROW - _BAR) // 2}" width="{width:.2f}" height="{_BAR}" fill={quoteattr(colour)}>'
        f"<title>{title}</title></rect>"
    )
    if text and width > _CHARACTER * len(text):
        bar += f'<text x="{x + 3:.2f}" y="{y + 19}" fill="#fff">{escape(text)}</text>'
    return bar


def _own(marks: list[Mark], y: int, scale: float, colour: str, end: float) -> Iterator[str]:
    """Spans as bars, one still open at the end up to there; instants and counters as ticks with a title."""
    open_spans: list[Mark] = []
    for mark in marks:
        if mark.phase == "B":
            open_spans.append(mark)
        elif mark.phase == "E":
            begin = next(span for span in reversed(open_spans) if span.name == mark.name)
            open_spans.remove(begin)
            yield _bar(Slice(mark.row, mark.name, begin.time, round(mark.time - begin.time, 3)), y, scale, colour, mark.name)
    for span in open_spans:
        yield _bar(Slice(span.row, span.name, span.time, round(end - span.time, 3)), y, scale, colour, span.name)
    for mark in marks:
        if mark.phase in "iC":
            x = _LEFT + mark.time * scale
            says = f"{mark.name} {'= ' if mark.phase == 'C' else ''}{mark.value}: {mark.time:g} us"
            yield f'<path d="M{x:.2f} {y + 2}v{_ROW - 4}" stroke="#333"><title>{escape(says)}</title></path>'
