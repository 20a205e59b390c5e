"""The conformance page's tree is read from reports as they are written."""

from itertools import pairwise
from pathlib import Path

from lianyi.lungct.objects import content_tree
from lianyi.lungct.objects.content_tree import markdown
from object_answers import ENDINGS, write


def test_it_lists_what_reports_of_every_ending_hold(tmp_path: Path) -> None:
    reports = []
    for ending, outcome in ENDINGS.items():
        write(outcome, tmp_path / ending)
        reports.append((tmp_path / ending / "sr.dcm").read_bytes())

    rows = content_tree(reports)

    status = [row for row in rows if "111017" in row.concept]
    assert len(status) == 1
    assert status[0].count == len(ENDINGS)
    assert [value[1:7] for value in sorted(status[0].values)] == ["111241", "111242", "111243", "111244", "111245"]
    assert rows[0].level == 0
    assert "126000" in rows[0].concept
    assert markdown(rows).count("\n") == len(rows) + 2


def test_a_parent_comes_before_its_children(tmp_path: Path) -> None:
    write(ENDINGS["screened"], tmp_path)

    levels = [row.level for row in content_tree([(tmp_path / "sr.dcm").read_bytes()])]

    assert all(after <= before + 1 for before, after in pairwise(levels))
