from pathlib import Path

import pytest

from demo.conclusion import conclude
from demo.result import Fact, Form, Section
from demo.story.console import Console
from tests.support.results import a_campaign_flow, a_card, a_result


class TestConclude:
    def test_prints_money_as_money_on_a_card(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        facts = (Fact("Tier", "vip"), Fact("Rank", "1 of 793"), Fact("Spend", 2504307, Form.MONEY))
        score = Section("analytics", "Score", "2018-01-01T06:00:00Z", 0.0, facts)

        conclude(Console(), tmp_path, a_result(cards=(a_card(sections=(score,)),)))

        line = next(one for one in capsys.readouterr().out.splitlines() if "analytics" in one)
        assert line.split(maxsplit=2)[2] == "vip, 1 of 793, 25,043.07 USD · as of now"

    def test_keeps_a_figure_in_its_column_where_the_one_before_is_not_known(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        conclude(Console(), tmp_path, a_result(flows=(a_campaign_flow(),)))

        lines = capsys.readouterr().out.splitlines()
        assert lines[2:4] == [
            "   in the ledger                       40        37",
            "   in the mailboxes                              37",
        ]
