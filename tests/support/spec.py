"""`make spec`: which entries of docs/inventory.md are claimed by a test's `spec` mark."""

import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

INVENTORY = Path(__file__).resolve().parents[2] / "docs" / "inventory.md"
ROW = re.compile(r"^\| ([A-Z]+-\d+) \| (.+?) \|", re.MULTILINE)


class Claims:
    """Collect the spec marks of every test without running one."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which test claims which entry."""
        for item in items:
            for mark in item.iter_markers("spec"):
                for entry in mark.args:
                    self.tests[entry].append(item.nodeid)


def entries(text: str) -> dict[str, str]:
    """Return the inventory's entries, ID to term."""
    return dict(ROW.findall(text))


def report(known: dict[str, str], claims: dict[str, list[str]]) -> list[str]:
    """Write what is proven, what is not, and the counts by chapter."""
    lines = ["proven"]
    proven = [entry for entry in known if entry in claims]
    lines += [f"  {one:<8} {known[one]}  ({len(claims[one])} tests)" for one in proven]
    lines += ["", "not proven"]
    lines += [f"  {one:<8} {term}" for one, term in known.items() if one not in claims]
    chapters = list(dict.fromkeys(one.partition("-")[0] for one in known))
    lines += [""]
    for chapter in chapters:
        all_ = [one for one in known if one.startswith(chapter + "-")]
        done = sum(one in claims for one in all_)
        lines.append(f"{chapter:<4} {done:>3} of {len(all_):>3}")
    return [*lines, f"all  {len(proven):>3} of {len(known):>3} proven"]


def main() -> int:
    """Print the report; fail where a test claims an entry that does not exist."""
    claims = Claims()
    status = pytest.main(["--collect-only", "-qq", "--no-header", "tests"], plugins=[claims])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return int(status)
    known = entries(INVENTORY.read_text(encoding="utf-8"))
    print("\n".join(report(known, claims.tests)))
    unknown = sorted(set(claims.tests) - set(known))
    for entry in unknown:
        tests = ", ".join(claims.tests[entry])
        print(f"{entry} is not in the inventory but claimed by {tests}", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
