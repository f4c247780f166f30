"""The rules of serving, without storage or bus."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Conflict, Invalid, NotFound
from services.service_desk.domain import cases, complaints, milestones, surveys
from services.service_desk.domain.cases import CaseState, CaseType, CustomerView, Severity
from services.service_desk.domain.complaints import Accused, Person
from services.service_desk.domain.escalation import Candidate, Level, Rung, climb, level_of
from services.service_desk.domain.milestones import Milestone
from services.service_desk.domain.policies import Rule, choose
from services.service_desk.domain.surveys import Driver, Satisfaction, Score

states = st.sampled_from(CaseState)


class TestTransitions:
    @given(st.lists(states, max_size=12))
    def test_a_case_is_closed_only_out_of_resolved_and_left_only_to_be_worked_on(self, wanted):
        state = CaseState.NEW
        for target in wanted:
            try:
                cases.demand_transition(state, target)
            except cases.TransitionNotAllowed:
                continue
            if target is CaseState.CLOSED:
                assert state is CaseState.RESOLVED
            if state is CaseState.CLOSED:
                assert target is CaseState.IN_PROGRESS
            state = target

    def test_every_state_can_be_reached_and_left(self):
        reached = {target for targets in cases.TRANSITIONS.values() for target in targets}

        assert reached == set(CaseState) - {CaseState.NEW}
        assert set(cases.TRANSITIONS) == set(CaseState)
        assert all(cases.TRANSITIONS.values())

    @given(states, states)
    def test_moving_never_settles_a_case(self, state, target):
        try:
            cases.demand_move(state, target)
        except (Conflict, Invalid):
            return
        assert state in cases.OPEN
        assert target in cases.OPEN - {CaseState.NEW, CaseState.ASSIGNED}


def a_rule(key, *, is_own=False, **fields):
    return Rule(policy_id=key, key=key, is_own=is_own, **fields)


COMPLAINT, CRITICAL = CaseType.COMPLAINT, Severity.CRITICAL
rules = st.lists(
    st.builds(
        Rule,
        policy_id=st.text("abc", min_size=1, max_size=3),
        key=st.text("abc", min_size=1, max_size=3),
        is_own=st.booleans(),
        type=st.none() | st.sampled_from(CaseType),
        severity=st.none() | st.sampled_from(Severity),
        tier=st.none() | st.sampled_from(["vip", "small"]),
    ),
    max_size=12,
    unique_by=lambda rule: (rule.is_own, rule.key),
)


class TestChoose:
    default = a_rule("default")
    vip = a_rule("vip", tier="vip")
    complaint = a_rule("complaint", type=COMPLAINT)
    critical = a_rule("critical", severity=CRITICAL)
    both = a_rule("both", type=COMPLAINT, severity=CRITICAL)
    vip_complaint = a_rule("vip_complaint", type=COMPLAINT, tier="vip")

    @pytest.mark.parametrize(
        ("type_", "severity", "tier", "key", "reason"),
        [
            (CaseType.QUESTION, Severity.LOW, None, "default", "default"),
            (CaseType.QUESTION, Severity.LOW, "vip", "vip", "tier=vip"),
            (COMPLAINT, Severity.LOW, "small", "complaint", "type=complaint"),
            (COMPLAINT, Severity.LOW, "vip", "vip_complaint", "type=complaint,tier=vip"),
            (COMPLAINT, CRITICAL, "vip", "both", "type=complaint,severity=critical"),
            (CaseType.INCIDENT, CRITICAL, "vip", "critical", "severity=critical"),
        ],
    )
    def test_takes_what_says_most_about_the_case(self, type_, severity, tier, key, reason):
        all_ = [
            self.default,
            self.vip,
            self.complaint,
            self.critical,
            self.both,
            self.vip_complaint,
        ]

        found = choose(all_, type_, severity, tier)

        assert found is not None
        assert (found.key, found.reason) == (key, reason)

    def test_an_entitys_own_goes_before_the_groups(self):
        own = a_rule("ours", is_own=True)

        assert choose([self.both, own], COMPLAINT, CRITICAL, None) is own

    def test_finds_none_where_none_applies(self):
        assert choose([self.critical], COMPLAINT, Severity.LOW, None) is None

    @given(rules, st.randoms(), st.sampled_from(CaseType), st.sampled_from(Severity))
    def test_does_not_depend_on_the_order(self, given_, random, type_, severity):
        shuffled = list(given_)
        random.shuffle(shuffled)

        assert choose(given_, type_, severity, "vip") == choose(shuffled, type_, severity, "vip")


class TestMilestones:
    def test_who_has_the_solution_has_also_heard_from_us(self):
        assert milestones.implied(Milestone.SOLUTION) == (
            Milestone.ACKNOWLEDGE, Milestone.FIRST_RESPONSE, Milestone.SOLUTION,
        )  # fmt: skip

    @pytest.mark.parametrize(
        "targets",
        [
            {Milestone.SOLUTION: 10, Milestone.FIRST_RESPONSE: 20},
            {Milestone.ACKNOWLEDGE: 30, Milestone.FEEDBACK: 20},
        ],
    )
    def test_a_later_step_is_not_due_first(self, targets):
        with pytest.raises(milestones.TargetsOutOfOrder):
            milestones.demand_ordered(targets)

    def test_a_policy_promises_something(self):
        milestones.demand_ordered({Milestone.SOLUTION: 10})
        with pytest.raises(milestones.NoTargets):
            milestones.demand_ordered(dict.fromkeys(Milestone))


def somebody(id_, role="supervisor", distance=0):
    return Candidate(id_, frozenset({role}), distance)


PATH = [Level(1, "supervisor"), Level(2, "sales_director"), Level(3, "general_manager")]


class TestClimb:
    def test_goes_level_by_level_and_ends_at_the_top(self):
        staff = [somebody("s"), somebody("d", "sales_director"), somebody("g", "general_manager")]

        found = [climb(PATH, level, staff) for level in range(4)]

        assert found == [Rung(1, "s"), Rung(2, "d"), Rung(3, "g"), None]

    def test_takes_the_nearest_and_of_those_the_first(self):
        staff = [somebody("a", distance=2), somebody("c", distance=1), somebody("b", distance=1)]

        assert climb(PATH, 0, staff) == Rung(1, "b")

    def test_skips_an_empty_level_and_tells_an_empty_way(self):
        assert climb(PATH, 0, [somebody("g", "general_manager")]) == Rung(3, "g")
        assert climb(PATH, 0, []) == Rung(1, None)

    def test_the_named_person_goes_first_as_long_as_there_is_one(self):
        named = [Level(1, "supervisor", "n")]

        assert climb(named, 0, [somebody("a"), somebody("n", "rep", 2)]) == Rung(1, "n")
        assert climb(named, 0, [somebody("a")]) == Rung(1, "a")

    def test_somebody_stands_as_high_as_their_highest_role_or_name(self):
        named = [*PATH, Level(2, "sales_director", "n")]

        found = [level_of(named, one) for one in (
            somebody("a", "agent"), somebody("s"), somebody("n"), somebody("g", "general_manager"),
        )]  # fmt: skip

        assert found == [0, 1, 2, 3]


class TestComplaints:
    @pytest.mark.parametrize(
        ("accused", "is_independent"),
        [
            (Accused(None, None), True), (Accused("p", None), False), (Accused("q", None), True),
            (Accused(None, "t1"), False), (Accused(None, "t2"), True),
        ],
    )  # fmt: skip
    def test_whom_it_is_about_and_their_department_are_not_independent(
        self, accused, is_independent
    ):
        assert complaints.is_independent(Person("p", frozenset({"t1"})), accused) is is_independent

    def test_a_service_is_nobody_it_could_be_about(self):
        assert complaints.is_independent(Person(None, frozenset()), Accused(None, None))

    @pytest.mark.parametrize("view", [None, CustomerView.UNKNOWN])
    def test_is_closed_with_the_customers_view(self, view):
        with pytest.raises(complaints.ViewMissing):
            complaints.demand_closable(is_outcome_told=True, view=view)


scores = st.dictionaries(st.sampled_from(Driver), st.integers(1, 10), min_size=1)


class TestSatisfaction:
    """SVC-20: perceived minus expected, by its sign."""

    @given(scores, st.data())
    def test_the_sign_of_the_exact_sum_decides(self, expected, data):
        perceived = {driver: data.draw(st.integers(1, 10)) for driver in expected}

        verdict = surveys.weigh(surveys.scores(expected, perceived))

        total = sum(perceived.values()) - sum(expected.values())
        assert verdict.satisfaction is (
            Satisfaction.DISSATISFIED if total < 0
            else Satisfaction.SATISFIED if total == 0
            else Satisfaction.HIGHLY_SATISFIED
        )  # fmt: skip
        assert abs(verdict.gap - Decimal(total) / len(expected)) <= Decimal("0.00005")

    def test_one_point_in_seven_is_not_rounded_away(self):
        answered = tuple(Score(driver, 5, 5) for driver in list(Driver)[1:])

        verdict = surveys.weigh((Score(Driver.PRODUCT_FEATURES, 5, 4), *answered))

        assert (verdict.gap, verdict.satisfaction) == (
            Decimal("-0.1429"), Satisfaction.DISSATISFIED,
        )  # fmt: skip

    def test_both_scores_are_about_the_same_drivers(self):
        with pytest.raises(surveys.DriversDiffer):
            surveys.scores({Driver.PRICE: 5}, {Driver.CHANNEL: 5})

    def test_tokens_are_long_and_never_the_same(self):
        tokens = {surveys.new_token() for _ in range(200)}

        assert len(tokens) == 200
        assert min(len(token) for token in tokens) == 43
        assert len({surveys.digest(token) for token in tokens}) == 200

    def test_no_link_and_a_link_that_ran_out_are_refused_alike(self):
        now = datetime(2017, 3, 1, tzinfo=UTC)
        with pytest.raises(NotFound) as unknown:
            surveys.demand_open(None, now)
        with pytest.raises(NotFound) as expired:
            surveys.demand_open(now, now)

        assert (unknown.value.code, str(unknown.value)) == (expired.value.code, str(expired.value))
