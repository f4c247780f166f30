"""What the fuzzed house does with customers beside describing them: pools, files, merges."""

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.fuzz_rooms import Rooms


def put_in_pool(rooms: "Rooms", mark: str, state: str) -> None:
    """Leave a customer in a pool that only the people of this part may list."""
    person = rooms.people[mark]
    rooms.call(
        "accounts.register_pool", name="Sea", team_ids=[person.team],
        territory_ids=[person.territory], shown_fields=["name", "state"],
    )  # fmt: skip
    rooms.call("accounts.register_customer", name=f"Flo {mark}", state=state)
    batch = {"customer_ids": ["nobody"], "method": "territory"}
    boss = person.token(rooms.accounts, "supervisor")
    rooms.accounts.ask("allocate_customers", boss, batch)
    cap = {"name": "Many", "kind": "own", "most": 1000}
    rooms.call("accounts.create_record", kind="ownership_cap", values=cap)
    rooms.call("accounts.register_drop_rule", name="Idle", demand="deal", days=300)


def attach_files(rooms: "Rooms", mark: str, interaction_id: str) -> None:
    """Let the rep attach what was noted, and the supervisor export what there is."""
    room, rep = rooms.accounts, rooms.people[mark]
    content = f"noted {mark}".encode()
    upload = {"file_id": f"notes {mark}", "number": 0, "content": b64encode(content).decode()}
    room.ask("upload_file", rep.token(room, "rep"), upload | {"name": f"notes {mark}"})
    attach = {"interaction_id": interaction_id, "file_id": f"notes {mark}"}
    digest = {"sha256": sha256(content).hexdigest()}
    room.ask("attach_file", rep.token(room, "rep"), attach | digest)
    room.ask("start_export", rep.token(room, "supervisor"), {"note": f"for {mark}"})


def merge_two(rooms: "Rooms", mark: str, state: str) -> None:
    """Make two more customers one."""
    both = [
        rooms.call(
            "accounts.register_customer", name=f"{name} {mark}", state=state,
            owner_id=rooms.people[mark].id,
        )
        for name in ("Cleo", "Kleo")
    ]  # fmt: skip
    winner, loser = ({"id": one["customer_id"], "version": one["version"]} for one in both)
    rooms.call("accounts.merge_customers", winner=winner, losers=[loser])


def ask_for_access(rooms: "Rooms", mark: str) -> None:
    """Let the customer ask for a copy of what is known, and see that it is the customer who asks."""
    whose = {"customer_id": rooms.customers[mark], "kind": "access"}
    asked = rooms.call("accounts.receive_request", **whose, handler_id=rooms.people[mark].id)
    rooms.call("accounts.verify_request", request_id=asked["id"], version=asked["version"])
