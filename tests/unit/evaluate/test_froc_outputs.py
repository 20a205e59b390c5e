"""What is printed, written and drawn: counts below twenty nodules, and the same numbers everywhere."""

import csv
import io
import json
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from froc_lists import chest, mark, mark_on, nodule
from lianyi.evaluate import RATES, Froc, Interval, froc, reliability
from lianyi.evaluate import figures as print_as
from lianyi.evaluate.gathering import Note
from lianyi.evaluate.plot import FROC_BOX, RELIABILITY_BOX, froc_svg, reliability_svg
from lianyi.evaluate.results import froc_csv, froc_json
from lianyi.evaluate.table import at_probability_text, table_text
from lianyi.lungct.domain.nodule import Density

SVG = "{http://www.w3.org/2000/svg}"


def measured(nodules: int, *, found: int, false: int = 40, resamples: int = 40) -> Froc:
    """Measure one nodule a chest, of which the first are found before every false mark."""
    chests = [chest(f"{number:03}", 1.0 if number % 2 else 3.0) for number in range(nodules)]
    true = [
        nodule(one.series_uid, diameter_mm=4.0 if number % 4 else 20.0, density=Density.SOLID if number % 3 else None)
        for number, one in enumerate(chests)
    ]
    marks = [mark_on(one, 0.9) for one in true[:found]] + [
        mark(f"{number % nodules:03}", 0.5 - number / 1000) for number in range(false)
    ]
    return froc(chests, true, marks, resamples=resamples)


def texts_of(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 -- our own


@pytest.mark.parametrize(
    ("found", "nodules", "text"),
    [
        (17, 20, "85 %"),
        (0, 20, "0 %"),
        (20, 20, "100 %"),
        (17, 19, "17/19"),
        (0, 0, "–"),
        (1.5, 4, "1.5/4"),
        (2.25, 4, "2.3/4"),
        (199, 200, "99.5 %"),
        (1, 40, "3 %"),
        (9999, 10000, "99.9 %"),
        (1, 10000, "0.1 %"),
    ],
)
def test_a_share_is_a_percentage_only_from_twenty_nodules_on(found: float, nodules: int, text: str) -> None:
    assert print_as.share(found, nodules) == text


@pytest.mark.parametrize(
    ("nodules", "interval", "mean", "mean_interval"),
    [
        (0, "", "–", ""),
        (8, "4–8", "6.8/8", "4.0–8.0"),
        (40, "50–100 %", "0.85", "0.50–1.00"),
        (400, "50.0–100.0 %", "0.850", "0.500–1.000"),
    ],
)
def test_an_interval_and_a_mean_follow_the_number_of_nodules(
    nodules: int, interval: str, mean: str, mean_interval: str
) -> None:
    of = Interval(low=0.5, high=1.0) if nodules else None

    assert print_as.interval(of, nodules) == interval
    assert print_as.mean_share(0.85, nodules) == mean
    assert print_as.mean_interval(of, nodules) == mean_interval


def test_below_twenty_nodules_no_output_holds_a_percentage() -> None:
    one = measured(19, found=11)

    outputs = [
        table_text(one).replace("95 % 区间 interval", ""),
        at_probability_text(one.at_probability(0.7)),
        froc_csv(one),
        *[text.replace("95 %", "") for text in texts_of(froc_svg(one))],
    ]

    assert not any("%" in text for text in outputs)
    assert "11/19" in outputs[0]
    document = json.loads(froc_json(one, at=[one.at_probability(0.7)]))
    shares = [
        value
        for part in document["parts"]
        for cell in [*part["at_rate"], part["cpm"]]
        for key, value in cell.items()
        if key.startswith("sensitivity")
    ]
    assert len(shares) >= 24
    assert set(shares) == {None}
    assert document["at_probability"][0]["sensitivity"] is None


def test_from_twenty_nodules_on_the_whole_has_percentages_and_its_small_classes_have_none() -> None:
    lines = table_text(measured(24, found=12)).splitlines()

    [whole] = [line for line in lines if line.startswith("全部 all")]
    [large] = [line for line in lines if line.strip().startswith("15 mm+")]
    assert whole.split() == ["全部", "all", "24", "24", *["50", "%"] * 3, *["50", "%"], *["50", "%*"] * 3, "0.50"]
    assert large.split() == ["15", "mm+", "24", "6", *["3/6"] * 4, *["3/6*"] * 3, "3.0/6"]


def test_the_columns_of_the_table_stand_under_each_other() -> None:
    from rich.cells import cell_len  # noqa: PLC0415 -- as wide as a terminal shows it

    lines = table_text(measured(24, found=12)).split("\n\n")[0].splitlines()

    ends = {cell_len(line) for line in lines if line.endswith(("0.50", "CPM", "/6", "/18", "/8", "/16", "/12"))}
    assert len(ends) == 1


def test_the_table_says_where_the_list_of_marks_ended() -> None:
    ended = table_text(measured(20, found=10, false=50))
    whole = table_text(measured(20, found=10, false=20 * 8))

    assert "2.50 false marks a chest" in ended
    assert "list of marks ends" not in whole.replace("\n", " ")


def test_json_csv_and_api_tell_the_same_numbers() -> None:
    one = measured(24, found=12)

    document = json.loads(froc_json(one, notes=[Note(zh="注意", en="note")], at=[one.at_probability(0.6)]))
    rows = list(csv.DictReader(io.StringIO(froc_csv(one))))

    whole = document["parts"][0]
    assert [cell["sensitivity"] for cell in whole["at_rate"]] == [one.sensitivity_at(rate) for rate in RATES]
    assert [cell["sensitivity_low"] for cell in whole["at_rate"]] == [one.intervals[rate].low for rate in RATES]
    assert whole["cpm"]["sensitivity"] == pytest.approx(one.cpm)
    assert [float(row["sensitivity"]) for row in rows[:7]] == [one.sensitivity_at(rate) for rate in RATES]
    assert [row["false_marks_per_chest"] for row in rows[:8]] == [
        "0.125",
        "0.25",
        "0.5",
        "1.0",
        "2.0",
        "4.0",
        "8.0",
        "cpm",
    ]
    assert len(rows) == 8 * len(document["parts"])
    assert [(part["group"], part["class"], part["nodules"]) for part in document["parts"]] == [
        ("all", "all", 24),
        ("size", "3-6 mm", 18),
        ("size", "15 mm+", 6),
        ("density", "solid", 16),
        ("density", "unknown", 8),
        ("thickness", "<=1.5 mm", 12),
        ("thickness", ">2.5 mm", 12),
    ]
    assert document["marks"] == {"hit": 12, "repeated": 0, "ignored": 0, "false": 40}
    assert document["at_probability"][0]["found"] == 12
    assert document["notes"] == [{"zh": "注意", "en": "note"}]


def test_the_curve_in_the_document_can_be_drawn_again() -> None:
    one = measured(24, found=12)

    curve = json.loads(froc_json(one))["curve"]

    assert curve["probability"][0] is None  # nothing is shown
    assert curve["found"] == one.curve.found.tolist()
    assert curve["false_marks"] == one.curve.false_marks.tolist()
    assert curve["probability"][1:] == one.curve.probabilities[1:].tolist()


def test_without_nodules_everything_is_still_written() -> None:
    one = froc([chest("a")], [], [mark("a", 0.5)], resamples=10)

    document = json.loads(froc_json(one))

    assert "–" in table_text(one)
    assert document["parts"][0]["cpm"]["found"] == 0.0
    assert ET.fromstring(froc_svg(one)).findall(f".//{SVG}circle") == []  # noqa: S314 -- our own


def test_the_picture_has_seven_dots_on_its_curve_and_says_their_numbers() -> None:
    one = measured(20, found=10, false=20 * 8)

    picture = ET.fromstring(froc_svg(one))  # noqa: S314 -- our own

    dots = picture.findall(f".//{SVG}circle")
    assert [float(dot.attrib["cy"]) for dot in dots] == [FROC_BOX.y(0.5)] * 7
    steps = [float(b.attrib["cx"]) - float(a.attrib["cx"]) for a, b in pairwise(dots)]
    assert steps == pytest.approx([steps[0]] * 6, abs=0.02)
    texts = texts_of(froc_svg(one))
    assert texts.count("50 %") == 14  # each label is drawn twice, its halo first
    assert {"1/8", "1/4", "1/2", "1", "2", "4", "8", "100 %"} <= set(texts)


def test_the_curve_in_the_picture_climbs_upright_and_runs_level() -> None:
    found = [nodule(name) for name in "abcd"]
    marks = [mark_on(found[0], 0.9), mark("a", 0.8), mark("a", 0.7), mark_on(found[1], 0.6), mark_on(found[2], 0.5)]

    picture = froc_svg(froc([chest(name) for name in "abcd"], found, marks, resamples=0))

    [path] = re.findall(r'<path d="M([^"]+)" fill="none"[^>]*stroke-width="2.5"', picture)
    points = [tuple(map(float, point.split())) for point in path.split("L")]
    eighth, half = (FROC_BOX.x((octave + 0.4) / 6.8) for octave in (0, 2))
    assert points == [
        pytest.approx((eighth, FROC_BOX.y(0.25))),
        pytest.approx((half, FROC_BOX.y(0.25))),
        pytest.approx((half, FROC_BOX.y(0.75))),
    ]
    assert 'stroke-dasharray="2 6"' in picture  # the list of marks ends at 1/2 a chest


def test_the_band_is_drawn_where_there_are_intervals() -> None:
    assert 'fill-opacity="0.14"' in froc_svg(measured(20, found=10))
    assert 'fill-opacity="0.14"' not in froc_svg(measured(20, found=10, resamples=0))


@pytest.mark.parametrize("binning", ["equal width", "equal mass"])
def test_the_reliability_picture_has_a_dot_a_bin_and_its_numbers(binning: str) -> None:
    one = reliability([0.1, 0.1, 0.8, 0.9], [False, True, True, True], 4, binning=binning)  # type: ignore[arg-type]

    picture = ET.fromstring(reliability_svg(one))  # noqa: S314 -- our own

    dots = picture.findall(f".//{SVG}circle")
    assert [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in dots] == [
        (RELIABILITY_BOX.x(part.mean_probability), RELIABILITY_BOX.y(part.share)) for part in one.bins
    ]
    texts = " ".join(texts_of(reliability_svg(one)))
    assert "标记 marks 4 · 其中结节 nodules 3" in texts
    assert f"ECE {one.ece:.3f}" in texts
    assert binning in texts
