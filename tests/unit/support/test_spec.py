"""`make spec` reads the inventory and tells proven from not proven."""

from tests.support import spec

TABLE = (
    "| ID | Term | Acceptance |\n|---|---|---|\n| ACC-01 | record | one |\n| X-02 | desk | two |\n"
)


class TestEntries:
    def test_reads_the_table(self) -> None:
        assert spec.entries(TABLE) == {"ACC-01": "record", "X-02": "desk"}

    def test_finds_the_whole_inventory(self) -> None:
        known = spec.entries(spec.INVENTORY.read_text(encoding="utf-8"))

        assert len(known) == 318


class TestReport:
    def test_tells_what_is_proven(self) -> None:
        lines = spec.report(spec.entries(TABLE), {"X-02": ["t::a", "t::b"]})

        assert lines == [
            "proven",
            "  X-02     desk  (2 tests)",
            "",
            "not proven",
            "  ACC-01   record",
            "",
            "ACC    0 of   1",
            "X      1 of   1",
            "all    1 of   2 proven",
        ]
