"""The pages that name a test as proof name one that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "bad-input.md", ROOT / "docs" / "adr" / "0008-nameko-weaknesses.md"]
FOLDERS = [ROOT / "tests" / "integration", ROOT / "tests"]


def missing(text: str) -> list[str]:
    """Return the test files that are named and are nowhere, and the classes that are in none of them."""
    files = {
        name: next((folder / name for folder in FOLDERS if (folder / name).is_file()), None)
        for name in re.findall(r"`((?:[a-z_0-9]+/)*test_\w+\.py)`", text)
    }
    found = "".join(path.read_text(encoding="utf-8") for path in files.values() if path)
    classes = set(re.findall(r"\bTest[A-Z]\w+", text))
    return [name for name, path in files.items() if path is None] + sorted(
        name for name in classes if f"class {name}" not in found
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_named_exists(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8")) == []


def test_what_is_planted_is_noticed() -> None:
    assert missing("`test_nothing.py` TestNobody") == ["test_nothing.py", "TestNobody"]


def test_every_weakness_has_its_line() -> None:
    rows = re.findall(r"^\| W(\d+) \|", PAGES[1].read_text(encoding="utf-8"), re.MULTILINE)

    assert [int(row) for row in rows] == list(range(1, 27))
