"""What the ERP of the chaos load writes."""

import pytest

from chaos.load import files, papers
from services.accounts.domain import imports as importing
from services.accounts.domain.imports import Entry, Fault
from services.sales.domain import orders as rules
from services.sales.domain.orders import Outcome, Standing
from services.sales.schemas.orders import OrderUpsert
from tests.support.accounted import a_dice

SEEDS = range(20)


def read(posting):
    return OrderUpsert().load(posting.body)["order"]


class TestOrder:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_each_revision_is_one_that_sales_takes(self, seed):
        revisions = papers.order("m", "B-1", a_dice(seed))

        for posting in revisions:
            rules.check(read(posting))
            assert {line.sku for line in read(posting).lines} <= set(papers.SKUS)
        assert [one.revision for one in revisions] == list(range(1, len(revisions) + 1))
        assert len({one.message_id for one in revisions}) == len(revisions)

    def test_some_are_revised(self):
        counts = {len(papers.order("m", "B-1", a_dice(seed))) for seed in SEEDS}

        assert counts == {1, 2, 3}


class TestSaidOtherwise:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_contradicts_the_revision_that_stands(self, seed):
        before = papers.order("m", "B-1", a_dice(seed))[-1]
        standing = read(before)

        again = papers.said_otherwise(before, a_dice(seed))

        with pytest.raises(rules.RevisionConflict) as refused:
            rules.compare(
                Standing(standing.revision, standing.fingerprint(), standing.currency), read(again)
            )
        assert refused.value.code == again.verdict
        assert again.message_id != before.message_id

    def test_the_same_revision_again_would_be_nothing_new(self):
        standing = read(papers.order("m", "B-1", a_dice(1))[0])

        outcome = rules.compare(
            Standing(standing.revision, standing.fingerprint(), standing.currency), standing
        )

        assert outcome is Outcome.UNCHANGED


class TestFile:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_each_row_is_right_or_wrong_in_itself_as_it_says(self, seed):
        file = files.write("f-1", "f-0-2", a_dice(seed))

        header, *rows = file.content.split(b"\r\n")[:-1]
        reader = importing.RowReader(importing.read_header(header, {}), "chaos")
        verdicts = {number: reader.read(raw) for number, raw in enumerate(rows, files.FIRST_ROW)}
        faults = {n: one.code for n, one in verdicts.items() if isinstance(one, Fault)}
        told_later = {"accounts.import.duplicate", "accounts.import.exists"}
        assert faults == {n: c for n, c in file.refused.items() if c not in told_later}
        entered = {n: one.external_id for n, one in verdicts.items() if isinstance(one, Entry)}
        assert file.good.items() <= entered.items()
        assert file.good.keys() | file.refused.keys() == verdicts.keys()

    def test_the_halves_are_the_file(self):
        file = files.write("f-1", None, a_dice(1))

        assert b"".join(file.halves()) == file.content
