"""The main job, on a piece of the history: it reconciles, and notices what does not."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from demo import reconcile, result_json
from deploy.local.services import PROJECT
from tests.support.results import a_result

SECONDS = 420  # on a machine with other things to do
WHOLE_SECONDS = 900
KINDS = ("sqlite", "postgresql")


def replayed(folder, *options, seconds=SECONDS):
    command = [sys.executable, "-W", "ignore", "-m", "demo", "--folder", str(folder), *options]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=seconds, check=False
    )


def values_of(flow):
    """Return what each hop of a flow has, the first one is the truth."""
    return [hop["values"] for hop in flow["hops"]]


class TestTheMainJob:
    @pytest.mark.timeout(SECONDS + 20)
    @pytest.mark.parametrize(
        "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]
    )
    def test_reconciles_a_piece_of_the_history(self, tmp_path, database):
        done = replayed(
            tmp_path / "demo", "--database", database, "--from", "2017-03-01", "--to", "2017-03-10"
        )

        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        found = json.loads((tmp_path / "demo" / "result.json").read_text())
        assert found["reconciled"] is True
        orders = found["flows"][0]["hops"]
        assert [hop["name"] for hop in orders] == [
            "source",
            "sent",
            "accepted",
            "stored",
            "published",
            "applied",
            "heard",
            "warehouse",
        ]
        assert orders[0]["values"][0] > 30
        whole = [hop for hop in orders if hop["name"] != "applied"]
        assert all(hop["values"] == orders[0]["values"] for hop in whole)
        assert orders[5]["values"] == [orders[0]["values"][0], None, None]
        calls, cases, messages = (values_of(flow) for flow in found["flows"][2:])
        assert calls == [[65, 65], [65, 65], [65, 65], [None, 65], [65, None]]
        assert cases == [[1, 1]] * 5
        (members, allowed), ledger, mailboxes, *arrived = messages
        assert 0 < allowed < members
        assert (ledger, mailboxes) == ([members, allowed], [None, allowed])
        assert arrived == [[members, allowed], [None, allowed], [members, allowed]]
        findings = found["findings"]
        sizes = [band["customers"] for band in findings["pyramid"]["bands"]]
        assert (sizes[0], sum(sizes)) == (8, findings["pyramid"]["population"])
        assert findings["satisfaction"]["answered"] == 1
        fates = {one["title"]: one["count"] for one in findings["campaign"]["fates"]}
        assert sum(fates.values()) == findings["campaign"]["members"] == sum(sizes[:2])
        assert (tmp_path / "demo" / "report.html").read_text().startswith("<!doctype html>")

    @pytest.mark.long
    @pytest.mark.timeout(WHOLE_SECONDS + 20)
    @pytest.mark.parametrize("database", KINDS)
    def test_reconciles_the_whole_history(self, tmp_path, database):
        done = replayed(tmp_path / "demo", "--database", database, seconds=WHOLE_SECONDS)

        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        found = json.loads((tmp_path / "demo" / "result.json").read_text())
        assert found["reconciled"] is True
        values = {hop["name"]: hop["values"] for hop in found["flows"][0]["hops"]}
        assert values["source"] == values["stored"] == values["warehouse"]
        assert values["source"] == [5009, 9994, 229720065]
        sizes = [band["customers"] for band in found["findings"]["pyramid"]["bands"]]
        assert sizes == [8, 32, 119, 634]

    def test_leaves_no_process_behind_when_it_is_called_wrongly(self, tmp_path):
        done = replayed(tmp_path / "demo", "--database", "oracle")

        assert done.returncode == 2
        assert "oracle" in done.stderr
        assert not (tmp_path / "demo").exists()


class TestTheVerdict:
    def test_is_no_when_one_hop_has_one_cent_less(self):
        good = a_result()
        flow = good.flows[0]
        last = flow.hops[-1]
        short = replace(last, values=(*last.values[:-1], last.values[-1] - 1))
        wrong = replace(good, flows=(replace(flow, hops=(*flow.hops[:-1], short)), *good.flows[1:]))

        assert reconcile.problems(good) == ()
        assert len(reconcile.problems(wrong)) == 1
        assert result_json.to_dict(wrong)["reconciled"] is False

    @pytest.mark.parametrize(
        ("flow", "hop", "values", "problem"),
        [
            ("cases", "stored", (1, 0), "Cases: stored has 0 closed, not 1 closed."),
            ("cases", "published", (0, 1), "Cases: published has 0 opened, not 1 opened."),
            ("cases", "applied", (1, 2), "Cases: applied has 2 closed, not 1 closed."),
            ("cases", "warehouse", (1, 0), "Cases: in the warehouse has 0 closed, not 1 closed."),
            ("messages", "stored", (39, 37), "Campaign: in the ledger has 39 messages, not 40 messages."),
            ("messages", "mailbox", (None, 36), "Campaign: in the mailboxes has 36 sent, not 37 sent."),
            ("messages", "published", (39, 37), "Campaign: published has 39 messages, not 40 messages."),
            ("messages", "applied", (None, 36), "Campaign: applied has 36 sent, not 37 sent."),
            ("messages", "warehouse", (40, 36), "Campaign: in the warehouse has 36 sent, not 37 sent."),
        ],
    )  # fmt: skip
    def test_is_no_when_a_case_or_a_touch_is_lost_on_the_way(self, flow, hop, values, problem):
        good = a_result()
        flows = tuple(
            replace(one, hops=tuple(
                replace(each, values=values) if (one.name, each.name) == (flow, hop) else each
                for each in one.hops
            ))
            for one in good.flows
        )  # fmt: skip

        wrong = result_json.to_dict(replace(good, flows=flows))

        assert (wrong["reconciled"], wrong["problems"]) == (False, [problem])
