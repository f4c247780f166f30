"""Role by verb by method, generated from the rows: what the page says is what the house decides."""

import pytest
from nameko import rpc

from chassis.caller import Caller
from chassis.errors import Forbidden
from chassis.records import METHODS, VERBS, Resource
from chassis.rows import Records, RpcRow
from chassis.visibility import scope_of
from contracts import SERVICES
from contracts.calls import CALLS
from contracts.plain import PLAIN
from contracts.roles import REACH, ROLES
from rapport_cli import docs, services
from rapport_cli.grants import Grant, grants, guarded_fields

KNOWN = {permission for granted in ROLES.values() for permission in granted}
EVERYTHING = [grant for service in SERVICES for grant in grants(service)]
every_grant = pytest.mark.parametrize(
    "grant", EVERYTHING, ids=lambda one: f"{one.service}.{one.method}.{one.record}".rstrip(".")
)


def decided(caller: Caller, grant: Grant) -> str | None:
    """Ask the house itself how far a caller reaches."""
    assert grant.permission is not None
    try:
        return scope_of(caller, grant.permission, grant.service, grant.method).value
    except Forbidden:
        return None


def matrix() -> dict[tuple[str, str, str], str]:
    """Read docs/permissions.md: (service, method, column) -> cell."""
    cells: dict[tuple[str, str, str], str] = {}
    service, heads = "", []
    for line in (docs.DOCS / "permissions.md").read_text(encoding="utf-8").splitlines():
        parts = [part.strip() for part in line.strip("|").split(" | ")]
        if line.startswith("## "):
            service = line[3:]
        elif line.startswith("### Fields"):
            heads = []  # which fields take a right of their own is another table
        elif line.startswith("| Method"):
            heads = parts
        elif heads and line.startswith("| `"):
            for head, cell in zip(heads[1:], parts[1:], strict=True):
                cells[service, parts[0], head] = cell
    return cells


PAGE = matrix()


def _is_rpc(member: object) -> bool:
    entrypoints = getattr(member, "nameko_entrypoints", ())
    return any(isinstance(one, rpc.Rpc) for one in entrypoints)


def _resources(service: str) -> list[Resource]:
    pages = (row for row in services.rows(service).values() if isinstance(row, Records))
    return [resource for page in pages for resource in page.resources.values()]


class TestTheMatrix:
    def test_covers_every_way_in(self) -> None:
        ways = {
            (service, row.name)
            for service in SERVICES
            for row in services.rows(service).values()
            if isinstance(row, RpcRow) and row.needs is not None
        }

        listed = {(grant.service, grant.method) for grant in EVERYTHING}

        assert ways <= listed
        assert len(PAGE) == len(EVERYTHING) * (len(ROLES) + 3)

    def test_lists_every_entrypoint_that_a_request_can_reach(self) -> None:
        """Not the rows are asked here but the class that nameko serves."""
        listed = {(grant.service, grant.method) for grant in EVERYTHING}

        for service in SERVICES:
            page = services.service(service)
            served = {name for name in dir(page) if _is_rpc(getattr(page, name))}
            unlisted = {name for name in served if (service, name) not in listed}
            # A method of plain records that no kind offers is refused whatever it is asked.
            offered = {verb for one in _resources(service) for verb in one.verbs}
            idle = {METHODS[verb] for verb in VERBS - offered}
            assert unlisted <= idle, f"{service}: {sorted(unlisted - idle)} in no matrix"

    def test_lists_each_verb_of_each_plain_record(self) -> None:
        listed = {(one.service, one.method, one.record) for one in EVERYTHING if one.record}

        assert listed == {
            (service, METHODS[verb], resource.kind)
            for service in SERVICES
            for resource in _resources(service)
            for verb in resource.verbs
        }

    @every_grant
    def test_says_what_the_house_decides_for_every_role(self, grant: Grant) -> None:
        name = f"`{grant.method}`" + (f" of {grant.record}" if grant.record else "")
        written = {role: PAGE[grant.service, name, role.replace("_", " ")] for role in ROLES}

        scopes = {role: decided(Caller("person:somebody", roles=(role,)), grant) for role in ROLES}

        assert written == {role: scope or "·" for role, scope in scopes.items()}
        assert set(scopes.values()) <= {None, *REACH}

    @every_grant
    def test_needs_a_permission_that_some_role_has(self, grant: Grant) -> None:
        assert grant.permission in KNOWN

    @every_grant
    @pytest.mark.parametrize("roles", [(), ("director_of_everything",)])
    def test_denies_whoever_has_no_known_role(self, grant: Grant, roles: tuple[str, ...]) -> None:
        assert decided(Caller("person:somebody", roles=roles), grant) is None

    @every_grant
    def test_lets_a_service_call_only_what_is_listed(self, grant: Grant) -> None:
        others = [name for name in (*SERVICES, *PLAIN, "stranger") if name != grant.service]

        allowed = {name for name in others if decided(Caller(f"service:{name}"), grant)}

        assert allowed == {
            name
            for name, callees in CALLS.items()
            if grant.method in callees.get(grant.service, frozenset())
        }

    def test_leaves_no_row_without_a_permission(self) -> None:
        open_ = [
            f"{service}.{row.name}"
            for service in SERVICES
            for row in services.rows(service).values()
            if isinstance(row, RpcRow) and not row.needs and row.name not in METHODS.values()
        ]

        assert open_ == []

    def test_gives_every_plain_record_a_right_to_read_and_one_to_write(self) -> None:
        for service in SERVICES:
            for row in services.rows(service).values():
                if isinstance(row, Records):
                    for resource in row.resources.values():
                        assert {resource.reads, resource.writes} <= KNOWN


class TestFieldRights:
    """How somebody is reached takes a right of its own, wherever accounts shows it."""

    def test_guard_every_way_to_reach_somebody(self) -> None:
        reached = {"email", "phone", "phone_e164", "city", "postal_code"}
        ours = {"staff"}  # how the staff are reached is for everybody here

        shown = {
            f"record {kind}: {name}"
            for row in services.rows("accounts").values()
            if isinstance(row, Records)
            for kind, resource in row.resources.items()
            for name in resource.schema.dump_fields
            if name in reached and kind not in ours
        }

        guarded = guarded_fields("accounts")
        assert {name for name in guarded if name.startswith("record ")} == shown
        assert set(guarded.values()) == {"customer.reach"} <= KNOWN


class TestCalls:
    def test_name_methods_that_exist(self) -> None:
        for caller, callees in CALLS.items():
            for callee, methods in callees.items():
                missing = methods - set(services.rows(callee))
                assert not missing, f"{caller} may call {callee}.{missing}, which nobody offers"

    def test_go_round_in_no_circle(self) -> None:
        left = {caller: set(callees) for caller, callees in CALLS.items()}

        while left:
            free = {caller for caller, callees in left.items() if not callees & set(left)}
            assert free, f"{sorted(left)} call each other"
            left = {caller: callees for caller, callees in left.items() if caller not in free}

    def test_leave_accounts_calling_nobody(self) -> None:
        assert CALLS["accounts"] == {}
