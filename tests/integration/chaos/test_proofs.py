"""Each proof on a house that runs: it holds, and says so when the house is tampered with."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine, text

from chaos.courier import courier
from chaos.load.leads import Leads
from chaos.proofs import PROOFS
from chaos.stage import Stage
from chaos.watch import await_quiet, under_way
from deploy.local.house import Kind

TWO = ("accounts", "sales")
OWNERS = "accounts.customer.owner_changed.v1"

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A small house in which one lead became a customer."""
    opened = Stage(tmp_path_factory.mktemp("proofs") / "stage", Kind.SQLITE, TWO)
    try:
        opened.open()
        leads = Leads()
        leads.set_up(opened)
        leads.step(opened, Random(1))  # noqa: S311 - dice that repeat
        await_quiet(lambda: under_way(opened), seconds=60)
        yield opened
    finally:
        opened.close(keep=False)


@pytest.fixture(autouse=True)
def _settled(stage: Stage) -> Iterator[None]:
    """Find everything right before and after what was planted is taken away again."""
    assert said(stage) == []

    yield

    assert said(stage) == []


def said(stage: Stage) -> list[str]:
    return [sentence for proof in PROOFS for sentence in proof(stage)]


def tamper(stage: Stage, service: str, statement: str) -> int:
    engine = create_engine(stage.house.databases[service])
    with engine.begin() as connection:
        count: int = connection.execute(text(statement)).rowcount
    engine.dispose()
    return count


def one(stage: Stage, service: str, query: str) -> str:
    (row,) = stage.rows(service, query)
    return str(row["id"])


def test_a_copy_of_another_value(stage: Stage) -> None:
    customer = one(stage, "accounts", "select id from customers")
    tamper(stage, "sales", "update customer_refs set name = 'X' || name")

    (sentence,) = said(stage)

    tamper(stage, "sales", "update customer_refs set name = substr(name, 2)")
    assert sentence.startswith(f"the copy customers of sales has {customer} with name 'XLead")


def test_a_copy_that_is_gone(stage: Stage) -> None:
    rep = one(stage, "accounts", "select id from staff")
    tamper(stage, "sales", "create table kept as select * from staff_refs")
    tamper(stage, "sales", "delete from staff_refs")

    (sentence,) = said(stage)

    tamper(stage, "sales", "insert into staff_refs select * from kept")
    tamper(stage, "sales", "drop table kept")
    assert sentence == f"the copy staff of sales lacks {rep}"


def test_an_event_that_was_committed_and_never_told(stage: Stage) -> None:
    lead = one(stage, "sales", "select id from leads")
    tamper(stage, "sales", "update leads set event_seq = event_seq + 1")

    (sentence,) = said(stage)

    tamper(stage, "sales", "update leads set event_seq = event_seq - 1")
    assert sentence.startswith("sales never told event ")
    assert sentence.endswith(f" of {lead}")


def test_an_event_that_was_told_and_never_committed(stage: Stage) -> None:
    lead = one(stage, "sales", "select id from leads")
    tamper(stage, "sales", "update leads set event_seq = event_seq - 1")

    (sentence,) = said(stage)

    tamper(stage, "sales", "update leads set event_seq = event_seq + 1")
    assert sentence.startswith("sales told 1 different events ")
    assert sentence.endswith(f" of {lead}, and has committed 0")


def test_a_message_that_was_parked(stage: Stage) -> None:
    with courier("admin", stage.house.broker.amqp_uri) as sender:
        sender.send("sales.redeliver", "sales.customers.q1", b"{")
    await_quiet(lambda: under_way(stage), seconds=30)

    (sentence,) = said(stage)

    assert sentence.startswith("sales has 1 parked for event.undecodable, not 0: ")


def test_an_answer_that_was_forgotten(stage: Stage) -> None:
    tamper(stage, "sales", "update idempotency set method = 'x' where method = 'assign_lead'")

    (sentence,) = said(stage)

    tamper(stage, "sales", "update idempotency set method = 'assign_lead' where method = 'x'")
    assert sentence.startswith("sales has forgotten that it answered assign_lead assign-")


def test_a_process_that_is_stuck(stage: Stage) -> None:
    tamper(stage, "sales", "update processes set status = 'stuck' where kind = 'convert_lead'")

    (sentence,) = said(stage)

    tamper(stage, "sales", "update processes set status = 'done' where kind = 'convert_lead'")
    assert sentence.startswith("sales: convert_lead ")
    assert " is stuck at step " in sentence


def test_a_traceback_in_a_log(stage: Stage) -> None:
    log = Path(stage.house.places["sales"].log)
    with log.open("a") as file:
        file.write('{"exception": "Traceback (most recent call last):\\n KeyError: 1"}\n')

    (sentence,) = said(stage)

    assert sentence.startswith("sales printed a traceback: ")
