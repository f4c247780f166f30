import pytest

from services.accounts.domain.files import MAX_ROW_BYTES, cells, decoded, mostly_foreign, rows


def all_rows(content: bytes, window: int) -> list[bytes]:
    """Slide a window over a file the way the import does."""
    found: list[bytes] = []
    start = 0
    while start < len(content):
        seen = content[start : start + window]
        moved = 0
        for raw, end in rows(seen, last=start + window >= len(content)):
            found.append(raw)
            moved = end
        assert moved, "the window does not move on"
        start += moved
    return found


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_rows_end_at_line_ends_outside_quotes(end: bytes) -> None:
    content = end.join([b"a,b", b'"x', b'y",2', b"", b"c,d"])

    assert [raw for raw, _ in rows(content, last=True)] == [
        b"a,b",
        b'"x' + end + b'y",2',
        b"",
        b"c,d",
    ]


def test_a_window_gives_the_same_rows_wherever_it_cuts() -> None:
    content = b"".join(b'%d,"a\n""b""",%s\n' % (n, b"x" * (n % 40)) for n in range(2000))
    whole = [raw for raw, _ in rows(content, last=True)]

    assert len(whole) == 2000
    assert all_rows(content, MAX_ROW_BYTES * 2) == whole


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    content = b'1,"oops\n' + b"2,good and long enough to matter\n" * 5000

    found = all_rows(content, MAX_ROW_BYTES * 4)

    assert len(found) == 5001
    assert cells(decoded(found[0])) is None
    assert cells(decoded(found[1])) == ["2", "good and long enough to matter"]


def test_the_last_row_needs_no_line_end() -> None:
    assert [raw for raw, _ in rows(b"a\nb", last=True)] == [b"a", b"b"]
    assert [raw for raw, _ in rows(b"a\nb", last=False)] == [b"a"]


def test_cells_are_unquoted() -> None:
    assert cells('1,"Lee, Ann","say ""hi""",') == ["1", "Lee, Ann", 'say "hi"', ""]


def test_what_is_not_utf8_is_marked_where_it_stands() -> None:
    assert decoded("1,Ren\xe9".encode("latin-1")) == "1,Ren\N{REPLACEMENT CHARACTER}"


def test_a_file_is_foreign_when_half_of_its_rows_are() -> None:
    wrong, right = "Ren\xe9".encode("latin-1"), b"Ann"

    assert mostly_foreign([wrong, right])
    assert not mostly_foreign([wrong, right, right])
    assert not mostly_foreign([])
