"""Files of customers as other systems write them: most rows right, some wrong in a known way."""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

ROWS = 40
SPOILT_SHARE = 0.2
FIRST_ROW = 2  # the header is number 1
HEADER = ("external_id", "name", "email", "country", "customer_since")
CODES = "accounts.import."


@dataclass(frozen=True, slots=True)
class File:
    """A file, and what must become of each of its rows."""

    content: bytes
    good: Mapping[int, str]  # row -> the external id that is entered
    refused: Mapping[int, str]  # row -> the code of the refusal

    @property
    def sha256(self) -> str:
        """Return what tells that it arrived as it was sent."""
        return hashlib.sha256(self.content).hexdigest()

    def halves(self) -> tuple[bytes, bytes]:
        """Cut it in two, most likely in the middle of a row."""
        middle = len(self.content) // 2
        return self.content[:middle], self.content[middle:]


def write(mark: str, known: str | None, dice: Random) -> File:
    """Write a file; ``known`` is an external id that was entered before, and may not be again."""
    good: dict[int, str] = {}
    refused: dict[int, str] = {}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number in range(FIRST_ROW, FIRST_ROW + ROWS):
        row = _row(f"{mark}-{number}")
        if dice.random() < SPOILT_SHARE:
            code, row = _spoilt(row, list(good.values()), known, dice)
            refused[number] = CODES + code
        else:
            good[number] = row[0]
        writer.writerow(row)
    return File(text.getvalue().encode(), good, refused)


def _row(external_id: str) -> list[str]:
    mail = f"{external_id}@files.example"
    return [external_id, f"Müller, {external_id}", mail, "DE", "2020-02-29"]


def _spoilt(
    row: list[str], before: list[str], known: str | None, dice: Random
) -> tuple[str, list[str]]:
    """Make one thing of a row wrong, and say under which code it must be refused."""
    external_id, name, mail, country, since = row
    choices = [
        ("required", [external_id, "", mail, country, since]),
        ("bad_email", [external_id, name, "nobody", country, since]),
        ("bad_country", [external_id, name, mail, "d1", since]),
        ("bad_date", [external_id, name, mail, country, "2021-02-29"]),
        ("columns", [*row, "one too many"]),
    ]
    if before:
        earlier = dice.choice(before)
        choices += [
            ("duplicate", [earlier, name, mail, country, since]),
            ("duplicate", [external_id, name, f"{earlier}@files.example", country, since]),
        ]
    if known is not None:
        choices.append(("exists", [known, name, mail, country, since]))
    return dice.choice(choices)
