"""Orders that an ERP posts from outside: twice over, out of order, some that nobody can take."""

from collections.abc import Iterator
from random import Random
from typing import ClassVar

from chaos.load import books, papers
from chaos.load.papers import Posting
from chaos.load.partner import Partner
from chaos.stage import Stage

BUYERS = 5
NEW_BUYER = 0.15  # the share of orders that come before sales has heard of the customer
UNTAKEABLE = 0.25
SAID_OTHERWISE = 0.1
POSTED_LATE = 0.2  # posted once more long after its verdict, as after a lost confirm


class Orders:
    """Post orders over the broker and hear the verdicts."""

    name: ClassVar[str] = "orders"
    needs: ClassVar[frozenset[str]] = frozenset({"accounts", "sales"})
    per_second: ClassVar[float] = 1.5

    def set_up(self, stage: Stage) -> None:
        """Bring in the catalogue and the first customers."""
        self._partner = Partner(stage)
        self._partner.start()
        self._batch: list[Posting] = []
        self._posted: list[Posting] = []  # the newest revision of each order
        catalogue = papers.products()
        self._partner.post([*catalogue, *catalogue])
        self._buyers = [_register(stage, f"first-{number}") for number in range(BUYERS)]
        self._partner.await_verdicts((one.message_id for one in catalogue), 120)
        known = "select id from customer_refs where erp_id is not null"
        stage.wait(lambda: len(stage.rows("sales", known)) == BUYERS, 120, "sales knows the buyers")

    def step(self, stage: Stage, dice: Random) -> None:
        """Post one order in all its revisions, each twice, and whatever goes along with it."""
        if not self._batch:  # otherwise it goes on with what was not confirmed before
            self._batch = self._write(stage, dice)
        self._partner.post(self._batch)
        self._batch = []

    def settled(self, stage: Stage) -> bool:
        """What it has begun lies in queues and outboxes."""
        return not self._batch

    def wrong(self, stage: Stage) -> Iterator[str]:
        """Hold what was posted and answered against the books and the timeline."""
        posted = (entry.id for entry in stage.ledger.of("order.posted"))
        self._partner.await_verdicts(posted)
        doubtful = {posting.external_id for posting in self._batch}
        yield from books.wrong(stage, doubtful)

    def _write(self, stage: Stage, dice: Random) -> list[Posting]:
        mark = f"{dice.getrandbits(64):016x}"
        buyer = dice.choice(self._buyers)
        if dice.random() < UNTAKEABLE:
            spoilt = papers.untakeable(mark, buyer, dice)
            return [spoilt, spoilt]
        if dice.random() < NEW_BUYER:
            buyer = _register(stage, mark)
            self._buyers.append(buyer)
        revisions = papers.order(mark, buyer, dice)
        batch = [*revisions, *revisions]
        dice.shuffle(batch)
        earlier = dice.choice(self._posted) if self._posted else None
        self._posted.append(revisions[-1])
        if earlier is not None and dice.random() < POSTED_LATE:
            batch.append(earlier)
        is_answered = earlier is not None and self._partner.has_heard_of(earlier.message_id)
        if earlier is not None and is_answered and dice.random() < SAID_OTHERWISE:
            batch.append(papers.said_otherwise(earlier, dice))
        return batch


def _register(stage: Stage, mark: str) -> str:
    """Enter a customer and return the key that the ERP knows it by."""
    key = f"B-{mark}"
    customer = {"name": f"Buyer {key}", "external_ids": {"erp": key}}
    made = stage.ask("accounts.register_customer", customer, key=f"register-{key}")
    stage.ledger.note("buyer.registered", made["customer_id"], key=key)
    return key
