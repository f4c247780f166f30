"""The account of the imports is right about right rows, and sees every fault in wrong ones."""

import base64
import shutil

import pytest

from chaos.load import files
from chaos.load.imports import COUNTS, SYSTEM, Imports
from chassis import processes
from services.accounts.service import Accounts
from services.sales.service import Sales
from tests.support.accounted import a_dice, a_stage, plant
from tests.support.leads import make_due
from tests.support.sales import a_room


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write two databases and the ledger of somebody who has brought two files in, one of them dry."""
    folder = tmp_path_factory.mktemp("written")
    urls = {name: f"sqlite:///{folder / name}.db" for name in ("accounts", "sales")}
    with (
        a_room(Accounts, urls["accounts"], folder) as accounts,
        a_room(Sales, urls["sales"], folder) as sales,
    ):
        notes = [*bring_in(accounts, "f-1", dry=False), *bring_in(accounts, "f-2", dry=True)]
        accounts.carry_to(sales)
    return folder, notes


def bring_in(accounts, mark, *, dry):
    """Bring a file in as the stream does."""
    file, admin = files.write(mark, None, a_dice(mark)), accounts.person("admin", "admin")
    for number, piece in enumerate(file.halves()):
        content = base64.b64encode(piece).decode()
        accounts.call("upload_file", admin, file_id=mark, number=number, content=content)
    plan = {"file_id": mark, "sha256": file.sha256, "system": SYSTEM, "mode": "create"}
    id_ = accounts.call("start_import", admin, **plan, dry_run=dry)["import_id"]
    make_due(accounts)
    processes.resume_due(accounts.runtime)
    status = accounts.call("import_status", admin, import_id=id_)
    refused = {str(number): code for number, code in file.refused.items()}
    good = {str(number): key for number, key in file.good.items()}
    told = {name: status[name] for name in COUNTS} | {"refusals": refused}
    started = {"dry": dry, "good": good, "refused": refused}
    return [("import.started", id_, started), ("import.told", id_, told)]


@pytest.fixture
def account(written, tmp_path):
    """Return a function that plants a fault in a database, and then accounts."""
    folder, notes = written

    def wrong(service="", statement=""):
        urls = {}
        for name in ("accounts", "sales"):
            shutil.copy(folder / f"{name}.db", tmp_path)
            urls[name] = f"sqlite:///{tmp_path / name}.db"
        if statement:
            assert plant(urls[service], statement) > 0
        stream = Imports()
        with a_stage(tmp_path, **urls) as stage:
            stream.set_up(stage)
            for kind, id_, facts in notes:
                stage.ledger.note(kind, id_, **facts)
            return list(stream.wrong(stage))

    return wrong


class TestWrong:
    def test_is_content_with_right_rows(self, account):
        assert account() == []

    @pytest.mark.parametrize(
        ("service", "statement", "said"),
        [
            ("accounts", "update imports set status = 'running'", "is running"),
            ("accounts", "update imports set created = created + 1", "counts {'created': "),
            ("accounts", "delete from imports where dry_run", "import "),
            ("accounts", "delete from import_rows where number = 5", "entered row "),
            ("accounts", "delete from import_refusals", "refusal "),
            ("accounts", "update import_refusals set code = 'other'", ": other is there"),
            ("accounts", "delete from customers where email like '%-5@%'",
             "mail of an imported customer f-1-5 was acknowledged and is not there"),
            ("accounts", "update customers set email = 'f-1-5@files.example'",
             "mail of an imported customer f-1-5 is there "),
            ("accounts", "delete from external_ids where key = 'f-1-5'",
             "imported customer f-1-5 was acknowledged and is not there"),
            ("accounts", "update external_ids set key = 'f-2-5' where key = 'f-1-5'",
             "imported customer f-2-5 is there and should not be"),
            ("sales", "delete from customer_refs", "copy in sales"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong(self, account, service, statement, said):
        found = account(service, statement)

        assert [sentence for sentence in found if said in sentence]
