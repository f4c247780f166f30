"""Whatever holds a customer's id is followed when two become one, or it is said why not."""

import pytest
from sqlalchemy import Table

from chassis.aliases import CUSTOMER
from chassis.following import Follower
from chassis.migrate import tables_of
from chassis.tables import Base
from contracts import SERVICES
from services.accounts.reads import belongings
from services.analytics.processes.following import FOLLOWER as ANALYTICS
from services.marketing.processes.following import FOLLOWER as MARKETING
from services.sales.processes.following import FOLLOWER as SALES
from services.service_desk.processes.following import FOLLOWER as SERVICE_DESK
from services.telephony.processes.following import FOLLOWER as TELEPHONY

FOLLOWERS: dict[str, Follower] = {
    "sales": SALES,
    "service_desk": SERVICE_DESK,
    "marketing": MARKETING,
    "telephony": TELEPHONY,
    "analytics": ANALYTICS,
}
# Tables that stay with the id that they were written with, and why.
STAYING = {
    "followings": "what was done, and for whom it was told",
    "marketing_consent_refs": "a copy: accounts tells the winner's consents",
    "profiles": "worked out anew for both",
    "customer_scores": "concluded of one record; the next run ranks the winner",
    "customer_standings": "of a run; the next one ranks the winner",
    "merge_members": "which customers they were",
    "allocation_items": "what became of it in a batch that is over",
    "import_images": "what it was before an import",
    "privacy_requests": "who asked, by the id that was asked by; an old id leads to the winner",
    "search_terms": "made anew from what customers and contacts are called",
    "import_rows": "which customer a row of a file became then",
    "import_refusals": "which customer a row of a file was the same as then",
}


def _holding(service: str) -> set[str]:
    tables: list[Table] = [Base.metadata.tables[name] for name in tables_of(service)]
    return {table.name for table in tables if CUSTOMER in table.columns}


class TestEveryService:
    """Merge loses relations (pain point 3): a new table that nobody thinks of."""

    @pytest.mark.parametrize("service", FOLLOWERS)
    def test_follows_every_table_that_holds_a_customers_id(self, service: str) -> None:
        followed = {kind.table.__tablename__ for kind in FOLLOWERS[service].kinds}

        assert _holding(service) - followed - STAYING.keys() == set()

    def test_accounts_decides_every_table_that_holds_a_customers_id(self) -> None:
        decided = {name.partition(".")[0] for name in belongings.DECIDED}

        assert _holding("accounts") - decided - STAYING.keys() == set()

    def test_every_service_but_accounts_follows(self) -> None:
        assert {*FOLLOWERS, "accounts"} == set(SERVICES)
