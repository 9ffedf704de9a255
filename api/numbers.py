"""The numbers of candidates and approvals as people write them: plain, or with the letter that the pages show. Pure."""

from __future__ import annotations

import re
from typing import ClassVar


class Number:
    """`1` or `LETTER-1`; as a part of an address, a path converter of Django."""

    letter: ClassVar[str]
    what: ClassVar[str]
    regex: str

    @classmethod
    def read(cls, text: str) -> int:
        """Return the number that `text` writes; raise ValueError with a sentence when it writes none."""
        if not re.fullmatch(cls.regex, text, re.ASCII):
            raise ValueError(f"“{text}” is not the number of {cls.what}. Write 1, or {cls.letter}-1 as the pages do.")
        return int(text.rpartition("-")[2])

    def to_python(self, value: str) -> int:
        """Return the number that stands in the address."""
        return self.read(value)

    def to_url(self, value: int) -> str:
        """Return what stands in the address."""
        return str(value)


class CandidateNumber(Number):
    """The number of a release candidate, shown as `C-1`."""

    letter, what, regex = "C", "a candidate", "(?:[Cc]-)?[0-9]{1,18}"


class ApprovalNumber(Number):
    """The number of an approval, shown as `A-1`."""

    letter, what, regex = "A", "an approval", "(?:[Aa]-)?[0-9]{1,18}"
