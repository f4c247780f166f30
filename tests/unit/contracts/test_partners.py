"""The page of partners: what it says, and what it may not say."""

from pathlib import Path

import pytest

import contracts.accounts
import contracts.erp
import contracts.sales  # noqa: F401 - declare the events
from contracts.base import registry
from contracts.partners import Inbound, WrongPartners, load_partners

GOOD = "erp: {user: erp, queue_bytes: 1000}\n"


def write(folder: Path, text: str) -> Path:
    page = folder / "partners.yaml"
    page.write_text(text)
    return page


class TestLoadPartners:
    def test_reads_the_houses_own_page(self) -> None:
        erp, notebook = load_partners()

        assert erp.sends[-1] == Inbound("erp.order.upsert.v1", "sales", "erp_orders")
        assert erp.sends[-1].verdicts == ("erp.order.accepted.v1", "erp.order.refused.v1")
        assert erp.hears == ("sales.order.placed.v1",)
        assert erp.hears_private == erp.calls == notebook.sends == ()
        assert notebook.stock_nameko
        known = registry()
        assert [
            type_ for one in (erp, notebook) for type_ in one.hears if known[type_].private
        ] == []

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("[erp]", "is not a mapping of partner names"),
            ("erp: 7", "Partner erp: is not a mapping"),
            ("ERP: {user: erp, queue_bytes: 1}", "Partner ERP: is not a plain lower-case name"),
            ("erp: {queue_bytes: 1}", "Partner erp: needs a user"),
            ("erp: {user: erp}", "Partner erp: needs queue_bytes from 1 to"),
            ("erp: {user: erp, queue_bytes: 0}", "Partner erp: needs queue_bytes from 1 to"),
            ("erp: {user: erp, queue_bytes: 1, heard: []}", "unknown fields: heard"),
            ("erp: {user: erp, queue_bytes: 1, stock_nameko: 7}", "neither true nor false"),
            ("erp: {user: erp, queue_bytes: 1, hears: x}", "hears is not a list"),
            ("erp: {user: erp, queue_bytes: 1, hears: ['sales.#']}", "hears cannot hold 'sales.#'"),
            ("erp: {user: erp, queue_bytes: 1, sends: [x]}", "exactly key and handler"),
            (
                "erp: {user: erp, queue_bytes: 1, sends: [{key: abc.order.upsert.v1, handler: a.b}]}",
                r"abc\.order\.upsert\.v1 is not erp\.<noun>\.upsert\.vN",
            ),
            (
                "erp: {user: erp, queue_bytes: 1, sends: [{key: erp.order.upsert.v1, handler: a}]}",
                "a is not <service>.<handler>",
            ),
            (
                GOOD + "abc: {user: erp, queue_bytes: 1}",
                "Two partners share one broker user",
            ),
        ],
    )
    def test_refuses_what_cannot_be(self, tmp_path: Path, text: str, sentence: str) -> None:
        with pytest.raises(WrongPartners, match=sentence):
            load_partners(write(tmp_path, text))
