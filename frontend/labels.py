"""Words in pictures: where they stand so that none covers another, and how they are kept short. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TAIL = 8
"""Characters of the end that stay: a version's number stands there."""
LETTER, LINE = 6.4, 13.0
"""Width of a letter and height of a line, in the units of a view box, for names of 10 to 11 pixels."""


def apart(places: Mapping[str, float], *, gap: float, top: float, bottom: float) -> dict[str, float]:
    """Return a height for each name, at least `gap` from every other and as near to its own as the room between `top`
    and `bottom` allows; where there is too little, names rise above `top`."""
    ordered = sorted(places.items(), key=lambda item: item[1])
    heights: list[float] = []
    for _, y in ordered:
        heights.append(max(y, heights[-1] + gap if heights else top))
    limit = bottom
    for index in reversed(range(len(heights))):
        heights[index] = min(heights[index], limit)
        limit = heights[index] - gap
    return {name: round(height, 1) for (name, _), height in zip(ordered, heights, strict=True)}


def shortened(text: str, most: int) -> str:
    """Return `text` with at most `most` characters (more than TAIL + 1), its end kept."""
    return text if len(text) <= most else f"{text[: most - TAIL - 1]}…{text[-TAIL:]}"


def wrapped(text: str, *, most: int, lines: int) -> list[str]:
    """Return `text` on at most so many `lines` of `most` characters, the last one shortened."""
    rows: list[str] = []
    words = [shortened(word, most) for word in text.split()]
    for index, word in enumerate(words):
        if rows and len(rows[-1]) + 1 + len(word) <= most:
            rows[-1] = f"{rows[-1]} {word}"
        elif len(rows) < lines:
            rows.append(word)
        else:
            rows[-1] = shortened(" ".join([rows[-1], *words[index:]]), most)
            break
    return rows


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def placed(names: Sequence[tuple[str, float, float]], *, within: Box, avoid: Sequence[Box] = ()) -> list[Box]:
    """Return a box for each (name, x, y), beside its point: inside `within`, over as few of the other names, and then
    over as little of `avoid`, as can be."""
    found: list[Box] = []

    def covers(box: Box) -> tuple[bool, int, int]:
        return not _inside(box, within), _overlaps(box, found), _overlaps(box, avoid)

    for name, x, y in names:
        width = LETTER * len(name)
        options = [_box(x + dx, y + dy, width, left=dx < 0) for dx, dy in OFFSETS]
        found.append(min(options, key=covers))
    return found


OFFSETS = tuple(
    (side * reach, rise)
    for reach in (9.0, 20.0, 34.0)
    for rise in (-9.0, 10.0, -22.0, 23.0, -35.0, 36.0)
    for side in (1, -1)
)


def _box(x: float, y: float, width: float, *, left: bool) -> Box:
    start = x - width if left else x
    return round(start, 1), round(y - LINE / 2, 1), round(start + width, 1), round(y + LINE / 2, 1)


def _inside(box: Box, within: Box) -> bool:
    return box[0] >= within[0] and box[1] >= within[1] and box[2] <= within[2] and box[3] <= within[3]


def _overlaps(one: Box, others: Sequence[Box]) -> int:
    return sum(one[0] < x[2] and x[0] < one[2] and one[1] < x[3] and x[1] < one[3] for x in others)
