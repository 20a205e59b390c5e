"""What the report says of guidelines, risks and what is missing: all of it, once, and never more than was judged."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.outcome import OperatingPoint, Screened
from lianyi.lungct.report import Findings, write_documents
from lianyi.lungct.report.answers import answers_of
from lianyi.lungct.report.figures import half_up
from lianyi.lungct.report.gaps import gap_lines, known_line
from lianyi.lungct.report.matrix import matrix_of
from lianyi.lungct.report.nodule_rows import nodule_rows
from lianyi.lungct.report.risk_rows import risk_table
from lianyi.lungct.report.ways import ranges
from report_outcome import judged, record, screened, told, twenty

SCREENED_BASELINE = Context(indication="screening", has_prior=False)
NOTHING = Context()
EVERYTHING = Context(
    indication="screening",
    has_prior=False,
    smoking="former",
    family_history_lung_cancer=False,
    emphysema=True,
    extrathoracic_cancer_over_5_years_ago=False,
)


def pdf_pages(folder: Path) -> list[str]:
    document = pypdfium2.PdfDocument(folder / "report.pdf")
    texts = []
    for page in document:
        text_page = page.get_textpage()
        texts.append(re.sub(r"\s+", " ", text_page.get_text_range()))
        text_page.close()
        page.close()
    document.close()
    return texts


def written(outcome: Screened, folder: Path, language: Any = "zh") -> tuple[Findings, str, list[str]]:
    findings = write_documents(outcome, folder, record=record(), language=language)
    html = re.sub(r"base64,[A-Za-z0-9+/=]+", "", (folder / "report.html").read_text("utf-8"))
    return findings, html, pdf_pages(folder)


def column(outcome: Screened, title: str) -> Any:
    return next(one for one in answers_of(outcome, "zh") if one.title == title)


def test_the_first_page_gives_every_guidelines_answer_its_next_step_and_its_date(tmp_path: Path) -> None:
    outcome = told(replace(EVERYTHING, indication="incidental", known_cancer=False, immunosuppressed=False))

    _, html, pages = written(outcome, tmp_path)

    for text in (html, pages[0]):
        for words in ("Lung-RADS v2022", "Fleischner 2017", "C-Lung-RADS", "中国筛查指南 2025", "多发亚实性 ≥6 mm"):
            assert words in text, words
        assert "3–6 个月后 CT" in text
        assert "2099-06-10" in text
        assert "2099-09-10" in text


def test_that_all_waits_for_a_doctor_is_said_once_with_the_count(tmp_path: Path) -> None:
    _, html, pages = written(told(EVERYTHING), tmp_path)

    sentence = "暂定，待医师确认：按 4 处标记计为结节（结节置信度 ≥ 0.50）"
    assert html.count(sentence) == 1
    assert "".join(pages).count(sentence) == 1
    assert sentence in pages[0]


def test_without_a_word_about_priors_the_usual_case_leads_with_its_if() -> None:
    answer = column(told(NOTHING), "Lung-RADS v2022")

    assert (answer.holds, answer.condition) == ("若为筛查", "若没有既往 CT")
    assert answer.category == "4X"


def test_with_the_indication_known_no_column_says_if() -> None:
    assert {one.holds for one in answers_of(told(SCREENED_BASELINE), "zh")} == {""}
    assert column(told(SCREENED_BASELINE), "Fleischner 2017").category == "—"


def test_an_answer_that_waits_for_facts_is_open_and_not_a_guess() -> None:
    answer = column(judged(screened(), replace(SCREENED_BASELINE, has_prior=True)), "Lung-RADS v2022")

    assert answer.category == "待定"
    assert not answer.due


@pytest.mark.parametrize("context", [NOTHING, SCREENED_BASELINE, EVERYTHING])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_printed_of_a_size_is_what_was_judged(context: Context, language: Any, tmp_path: Path) -> None:
    findings, html, _ = written(told(context), tmp_path, language)

    sizes = {nodule.id: nodule.mean_diameter_mm for nodule in findings.nodules}
    seen = 0
    for one in findings.assessments:
        if one.level == "exam":
            continue
        decimals = 0 if one.guideline.startswith("fleischner") else 1
        assert one.nodule_id is not None
        expected = half_up(sizes[one.nodule_id], decimals)
        for step in one.trace:
            for number in re.findall(r"(?:平均直径|mean diameter) ([\d.]+) mm", step):
                assert number == expected, step
                seen += 1
    assert seen >= 8
    for size in sizes.values():
        assert f"{half_up(size, 1)} mm" in html


def test_the_reasons_printed_are_the_trace_of_findings(tmp_path: Path) -> None:
    findings, html, pages = written(told(EVERYTHING), tmp_path)

    text = re.sub(r"\s+", "", "".join(pages))
    for one in findings.assessments:
        if one.level == "nodule" and one.guideline == "lung-rads-2022":
            for step in one.trace:
                assert step.replace("&", "&amp;").replace("<", "&lt;") in html, step
                assert re.sub(r"\s+", "", step) in text, step


def test_every_category_of_the_first_page_is_one_of_findings(tmp_path: Path) -> None:
    outcome = told(EVERYTHING)
    findings, *_ = written(outcome, tmp_path)

    exam = {one.guideline: one for one in findings.assessments if one.level == "exam"}
    shown = {one.title: one.category for one in answers_of(outcome, "zh")}
    assert shown["Lung-RADS v2022"] == exam["lung-rads-2022"].category == "4X"
    assert shown["C-Lung-RADS"] == exam["c-lung-rads"].category == "4"


def test_a_missing_fact_is_asked_for_and_never_filled_in(tmp_path: Path) -> None:
    outcome = told(NOTHING)
    findings, *_ = written(outcome, tmp_path)

    asked = "\n".join(gap_lines(outcome, "zh"))
    for words in ("筛查还是偶然发现", "有无既往 CT", "在哪一叶（上叶与否）（结节 4）", "是否吸过烟", "高危还是低危"):
        assert words in asked, words
    assert findings.context is not None
    given = {name: value for name, value in findings.context.model_dump().items() if value is not None}
    assert given == {"age_years": 63, "sex": "M", "study_date": date(2099, 3, 10)}
    for risk in findings.risks:
        for name, value in risk.inputs.items():
            if name in {"ever_smoker", "emphysema", "family_history_lung_cancer", "family_history_any_cancer"}:
                assert value is None, name


def test_a_fact_that_is_known_is_no_longer_asked_for() -> None:
    before, after = gap_lines(told(NOTHING), "zh"), gap_lines(told(EVERYTHING), "zh")

    assert any("是否吸过烟" in line for line in before)
    assert not any("是否吸过烟" in line or "既往" in line or "筛查还是" in line for line in after)
    assert "筛查、63 岁、男、已戒烟、无肺癌家族史、有肺气肿" in known_line(told(EVERYTHING).context, "zh")


def test_many_conditional_answers_are_folded_and_all_of_them_kept_in_html(tmp_path: Path) -> None:
    outcome = told(replace(NOTHING, indication="screening"))
    findings, html, _ = written(outcome, tmp_path)

    matrix = matrix_of(outcome, "zh")
    assert matrix is not None
    cell = next(row for row in matrix.rows if row.nodule_id == 2).cells[matrix.titles.index("Lung-RADS v2022")]
    one = next(
        a for a in findings.assessments if (a.guideline, a.level, a.nodule_id) == ("lung-rads-2022", "nodule", 2)
    )
    assert len(cell.lines) <= 4 < len(one.conditional) == len(cell.ways)
    for branch in one.conditional:
        assert branch.condition_zh.replace("<", "&lt;") in html


def test_of_two_ways_none_is_dropped_however_many_nodules() -> None:
    matrix = matrix_of(judged(screened(twenty()), Context(indication="incidental", has_prior=False)), "zh")

    assert matrix is not None
    assert matrix.is_long
    for row in matrix.rows:
        lines = row.cells[matrix.titles.index("Fleischner 2017")].lines
        assert len(lines) == 2
        assert "若高危" in lines[0] + lines[1]
        assert "若低危" in lines[0] + lines[1]


def test_unknown_calcification_or_contrast_never_gives_category_1() -> None:
    outcome = told(SCREENED_BASELINE)
    unknown = replace(
        outcome,
        nodules=tuple(
            replace(
                n, measurements=replace(n.measurements, calcification_pattern=None), density=type(n.density).CALCIFIED
            )
            for n in outcome.nodules
        ),
    )

    answers = [judged(unknown, SCREENED_BASELINE), judged(outcome, SCREENED_BASELINE)]

    for one in answers:
        assert one.assessed is not None
        categories = [a.category for a in one.assessed.assessments if a.guideline == "lung-rads-2022"]
        assert "1" not in categories


def test_a_risk_is_shown_with_its_inputs_and_what_if_lobe_or_density_were_otherwise() -> None:
    table = risk_table(told(EVERYTHING), "zh")

    assert table is not None
    brock = table.rows[1].cells[0]
    assert brock.model == "Brock 2b"
    for words in ("63 岁", "男", "大小 15.8 mm", "上叶", "结节数 4", "无毛刺", "无肺癌家族史"):
        assert words in brock.inputs, words
    for words in ("若不在上叶", "若部分实性", "若磨玻璃"):
        assert words in brock.detail, words


def test_a_lobe_in_doubt_gives_both_probabilities() -> None:
    table = risk_table(told(EVERYTHING), "zh")

    assert table is not None
    cell = table.rows[3].cells[0]
    assert re.fullmatch(r"[\d.]+–[\d.]+\s%", cell.value)
    assert "若上叶" in cell.detail
    assert "若不在上叶" in cell.detail


def test_a_model_that_is_not_valid_has_its_reason_in_one_line_and_no_number() -> None:
    table = risk_table(told(replace(EVERYTHING, has_prior=None), compared=True), "zh")

    assert table is not None
    assert any(note.startswith("Brock 2b（结节 1–4）不计算：") and "基线" in note for note in table.notes)
    assert {cell.model for row in table.rows for cell in row.cells} == {"Mayo"}


def test_models_whose_coefficients_were_not_checked_are_named_and_not_shown() -> None:
    table = risk_table(told(EVERYTHING), "zh")

    assert table is not None
    shown = {cell.model for row in table.rows for cell in row.cells}
    assert shown == {"Brock 2b", "Mayo"}
    assert any("VA" in note and "未核对原文" in note for note in table.notes)


def test_a_row_says_what_where_how_big_and_whether_it_grew() -> None:
    first, second, third, fourth = nodule_rows(told(NOTHING, compared=True), "zh")

    assert first.where[0] == "左肺下叶"
    assert first.size == ["26.0 mm", "±0.7"]
    assert first.extent[1].endswith("±19 %")
    assert first.then[0] == "↗ 生长"
    assert first.then[1] == "22.4 → 26.0 mm (+3.6 ±1.1)"
    assert "倍增 429 天（277–944）" in first.then
    assert "毛刺" in first.kind[-1]
    assert second.then[0] == "→ 在测量误差内无变化"
    assert second.then[-1] == "既往 CT 没有标出，再看测得"
    assert "两次层厚不同，不给倍增时间" in third.then
    assert fourth.then == ["＋ 新出现"]
    assert "？（约 60" in fourth.where[0]


def test_without_a_prior_a_row_says_that_nothing_was_compared() -> None:
    assert [row.then for row in nodule_rows(screened(), "zh")] == [["未比较"]] * 4


def test_marks_below_the_balanced_point_are_listed_and_not_classified(tmp_path: Path) -> None:
    point = OperatingPoint(name="balanced", probability=0.9, max_marks=20)
    outcome = judged(replace(screened(), counted_at=point), SCREENED_BASELINE)

    findings, html, _ = written(outcome, tmp_path)

    assert len(findings.nodules) == 4
    assert findings.counted is not None
    assert (findings.counted.count, findings.counted.nodule_ids) == (2, [1, 2])
    assert {one.nodule_id for one in findings.assessments if one.level == "nodule"} == {1, 2}
    assert "结节置信度低于 0.90 的标记不计为结节，不分类：3、4" in html


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "make", [lambda: told(NOTHING), lambda: told(EVERYTHING), lambda: told(NOTHING, compared=True)]
)
def test_the_report_speaks_one_language(make: Callable[[], Screened], language: str, tmp_path: Path) -> None:
    _, html, pages = written(make(), tmp_path, language)

    if language == "en":
        named = {"测试县人民医院", "测试患者甲"}
        for text in (html, "".join(pages)):
            assert set(re.findall(r"[\u4e00-\u9fff]+", text)) == named
    assert "None" not in html


def test_what_is_large_and_no_nodule_is_a_caution_on_the_first_page(tmp_path: Path) -> None:
    _, _, pages = written(told(NOTHING), tmp_path)

    assert "左侧胸腔积液约240mL（图像号52）：不在任务内，请医师查看" in pages[0].replace(" ", "")
    assert "不作判读：用了造影剂" in "".join(pages)


def test_pages_number_themselves_to_the_last(tmp_path: Path) -> None:
    """Layouts that ask where they stand may not settle; then pages are numbered wrongly and stay empty."""
    for number, outcome in enumerate((told(NOTHING), told(EVERYTHING), told(NOTHING, compared=True))):
        _, _, pages = written(outcome, tmp_path / str(number))

        for at, text in enumerate(pages, start=1):
            assert f"{at} / {len(pages)}" in text
        assert "审核医师" in pages[-1]
        assert len(pages) <= 3


def test_findings_hold_what_was_measured_placed_and_compared(tmp_path: Path) -> None:
    findings, *_ = written(told(EVERYTHING, compared=True), tmp_path)

    first, second = json.loads(findings.to_json())["nodules"][:2]
    assert first["location"]["lobe"] == "left lower"
    assert first["measurements"]["mean_diameter"] == {"value": 26.0, "unit": "mm", "uncertainty": 0.7}
    assert first["calcification_pattern"] == "none"
    assert first["fat"] is False
    assert first["spiculated"] is True
    assert first["growth"]["change"] == "growing"
    assert first["growth"]["volume_doubling"] == {"days": 429.0, "earliest_days": 277.0, "latest_days": 944.0}
    assert (first["growth"]["prior_was_marked"], first["growth"]["reasons_en"]) == (True, [])
    assert second["growth"]["rules_met"] == ["fleischner-2017"]
    assert second["growth"]["prior_was_marked"] is False
    assert second["growth"]["reasons_zh"] == ["既往 CT 没有标出，再看测得"]
    assert second["growth"]["reasons_en"] == ["not marked on the prior CT; measured by looking again"]


@pytest.mark.parametrize(
    ("numbers", "text"), [((1,), "1"), ((1, 2), "1、2"), ((1, 2, 3), "1–3"), ((9, 1, 3, 4, 5), "1、3–5、9")]
)
def test_runs_of_nodules_are_listed_as_ranges(numbers: tuple[int, ...], text: str) -> None:
    assert ranges(numbers, "zh") == text


def test_without_a_mark_no_category_is_given_and_a_doctors_word_is_asked_for() -> None:
    outcome = judged(screened(()), SCREENED_BASELINE)

    answer = column(outcome, "Lung-RADS v2022")
    assert (answer.category, answer.due) == ("待定", "")
    assert gap_lines(outcome, "zh") == ["医师确认有没有结节 → Lung-RADS v2022"]


def test_where_nothing_is_missing_the_report_says_so(tmp_path: Path) -> None:
    plain = told(EVERYTHING)
    sure = replace(plain, nodules=plain.nodules[:3], assessed=None)

    _, html, _ = written(judged(sure, EVERYTHING), tmp_path)

    assert "没有缺少会改变结论的资料" in html
    assert "□" not in html


def test_where_two_ways_lead_to_the_same_date_the_date_is_given() -> None:
    context = Context(indication="incidental", known_cancer=False, immunosuppressed=False, has_prior=False)

    answer = column(judged(screened(twenty()), context), "Fleischner 2017")

    assert (answer.category, answer.management) == ("待定", "")
    assert answer.due == "2099-06-10 至 2099-09-10"
    assert [note.startswith(("若高危", "若低危")) and "CT" in note for note in answer.notes] == [True, True]


def test_facts_that_say_for_whom_a_guideline_is_are_asked_for_whatever_else_is_open() -> None:
    first = gap_lines(judged(screened(twenty())), "zh")[0]

    assert first.startswith("筛查还是偶然发现 → ")
    for guideline in ("Lung-RADS v2022", "Fleischner 2017", "C-Lung-RADS"):
        assert guideline in first


def test_another_programs_number_is_no_reason_for_the_first_page() -> None:
    notes = [note for one in answers_of(judged(screened(twenty()), SCREENED_BASELINE), "zh") for note in one.notes]

    assert not any("文献模型" in note for note in notes)


def test_a_stricter_point_says_that_it_counted_only_what_it_lists(tmp_path: Path) -> None:
    strict = OperatingPoint(name="specific", probability=0.6, max_marks=20)
    balanced = OperatingPoint(name="balanced", probability=0.5, max_marks=20)
    plain = screened()
    outcome = judged(
        replace(plain, nodules=plain.nodules[:3], operating_point=strict, counted_at=balanced), SCREENED_BASELINE
    )

    findings, html, _ = written(outcome, tmp_path)

    assert "按 3 处标记计为结节（结节置信度 ≥ 0.60）" in html
    assert findings.counted is not None
    assert findings.counted.at_probability == 0.6
