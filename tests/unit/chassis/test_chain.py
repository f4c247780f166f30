"""What the chain over the audit trail is reckoned with."""

import hashlib

from chassis.chain import NOTHING, Seal, commitment, hashed, marks, ranges, salts, spelt, without

A_SEAL = Seal(
    number=1, first=1, last=3, gaps=[[2, 2]], late=[], total=2, sealed_at=1_500_000_000
)  # fmt: skip
DIGESTS = (b"\x01" * 32, b"\x02" * 32)


class TestCommitment:
    def test_is_the_hash_of_salt_and_changes_as_they_are_stored(self) -> None:
        found = commitment("ab", '{"name":[null,"Ann"]}')

        assert found == hashlib.sha256(b'ab{"name":[null,"Ann"]}').hexdigest()

    def test_says_nothing_without_the_salt(self) -> None:
        first, second = salts(2)

        assert len(first) == len(second) == 32
        assert commitment(first, "{}") != commitment(second, "{}")


class TestSeal:
    def test_covers_the_one_before_it_and_the_order_of_its_rows(self) -> None:
        found = hashed(NOTHING, A_SEAL, DIGESTS)

        assert found == hashed(NOTHING, A_SEAL, DIGESTS)
        assert (
            len({found, hashed("1" * 64, A_SEAL, DIGESTS), hashed(NOTHING, A_SEAL, DIGESTS[::-1])})
            == 3
        )

    def test_covers_all_that_it_says_of_itself(self) -> None:
        others = [
            Seal(**(given | {name: value}))
            for given in [{one: getattr(A_SEAL, one) for one in Seal.__slots__}]
            for name, value in {
                "number": 2, "first": 0, "last": 4, "gaps": [], "late": [[0, 0]], "total": 3,
                "sealed_at": 1,
            }.items()
        ]  # fmt: skip

        hashes = {hashed(NOTHING, one, DIGESTS) for one in [A_SEAL, *others]}

        assert len(hashes) == 8

    def test_keeps_a_mark_of_each_row(self) -> None:
        assert marks(DIGESTS) == "01" * 8 + "02" * 8


class TestRanges:
    def test_are_written_and_spelt(self) -> None:
        assert ranges([1, 2, 3, 7, 9, 10]) == [[1, 3], [7, 7], [9, 10]]
        assert list(spelt([[1, 3], [7, 7]])) == [1, 2, 3, 7]
        assert ranges([]) == []

    def test_leave_what_they_do_not_take(self) -> None:
        assert without(1, 10, [[2, 3], [7, 10]]) == [[1, 1], [4, 6]]
        assert without(1, 3, []) == [[1, 3]]
        assert without(4, 3, []) == []
        assert without(1, 2, [[1, 2]]) == []
