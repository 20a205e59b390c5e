"""The documents of a run: complete, honest, safe against what a header may contain."""

import json
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from lianyi.lungct.domain.errors import Caution, CautionCode
from lianyi.lungct.domain.outcome import Outcome, Screened
from lianyi.lungct.domain.study import InputFile
from lianyi.lungct.report import Ability, MeasuredSensitivity, write_documents, write_failure
from lianyi.lungct.report.wording import NEVER_PRINTED, NEVER_PRINTED_EN
from report_outcome import FOUR, STARTED, not_chosen, partly, record, refused, screened, twenty

HOSTILE = '<script>alert("1")</script> #panic("x") $x$ *b* _i_ \\ @ref `raw` [a] {{ 7*7 }}'


def pdf_pages(folder: Path) -> list[str]:
    document = pypdfium2.PdfDocument(folder / "report.pdf")
    texts = []
    for page in document:
        text_page = page.get_textpage()
        texts.append(text_page.get_text_range())
        text_page.close()
        page.close()
    document.close()
    return texts


def pdf_text(folder: Path) -> str:
    return "\n".join(pdf_pages(folder))


def html_text(folder: Path) -> str:
    return re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "data:", (folder / "report.html").read_text("utf-8"))


def write(outcome: Outcome, folder: Path, language: Any = "zh", **changes: object) -> Path:
    write_documents(outcome, folder, record=record(**changes), language=language)
    return folder


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(screened(), tmp_path_factory.mktemp("four"))


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(screened(), tmp_path_factory.mktemp("english"), "en")


def test_a_screening_leaves_all_its_documents(four: Path) -> None:
    files = {path.relative_to(four).as_posix() for path in four.rglob("*") if path.is_file()}

    assert files == {"findings.json", "report.html", "report.pdf", "provenance.json"} | {
        f"key-images/nodule-{n:02d}.png" for n in (1, 2, 3, 4)
    }


@pytest.mark.parametrize("text_of", [pdf_text, html_text])
def test_the_report_states_patient_size_place_and_time(four: Path, text_of: Any) -> None:
    text = text_of(four)

    for words in (
        "胸部 CT 肺结节首看报告", "测试县人民医院", "待医师审核", "用时 6.8 秒", "测试患者甲", "63 岁", "TEST-P-0003",
        "标出 4 处（实性 3 处，磨玻璃 1 处）；最大 26.0 mm，在左肺中野。", "右肺上野", "贴胸膜", "28.6 × 23.4 mm",
        "结节置信度", "非恶性概率", "与既往检查的比较：没有做", "本检出器尚无按大小测得的灵敏度", "lianyi 0.1.0",
        "非注册医疗器械", "定位像，不是断层", "classical-blobs",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("text_of", [pdf_text, html_text])
def test_the_english_report_is_english(english: Path, text_of: Any) -> None:
    text = text_of(english)

    for words in (
        "4 marks (3 solid, 1 ground-glass); largest 26.0 mm",
        "Awaiting review",
        "took 6.8 s",
        "not malignancy",
    ):
        assert words in text, words
    chinese = set(re.findall(r"[\u4e00-\u9fff]+", text))
    assert chinese == {"测试县人民医院", "测试患者甲"}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("make", [screened, lambda: screened(()), partly, refused])
def test_no_document_says_that_all_is_well(make: Any, language: str, tmp_path: Path) -> None:
    write(make(), tmp_path, language)

    for text in (pdf_text(tmp_path), html_text(tmp_path), (tmp_path / "findings.json").read_text("utf-8")):
        for words in NEVER_PRINTED:
            assert words not in text
        for word in NEVER_PRINTED_EN:
            assert not re.search(rf"\b{word}\b", text, re.IGNORECASE)


def test_no_mark_is_not_the_same_as_no_nodule(tmp_path: Path) -> None:
    text = pdf_text(write(screened(()), tmp_path))

    assert "本工作点没有标出结节，仍需医师阅片" in text
    assert "尚无按大小测得的灵敏度" in text
    assert "肺炎、肺气肿" in text
    assert not (tmp_path / "key-images").exists()


def test_measured_sensitivity_is_printed_with_its_count_and_interval(tmp_path: Path) -> None:
    rows = (
        MeasuredSensitivity(from_mm=4, below_mm=6, found=21, total=31),
        MeasuredSensitivity(from_mm=15, below_mm=None, found=20, total=20),
    )

    ability = Ability(
        sensitivity=rows, source=("本院 62 例验收", "62 studies of this site"), false_marks_per_chest=1.04
    )
    write(screened(()), tmp_path, ability=ability)

    for text in (pdf_text(tmp_path), html_text(tmp_path)):
        assert "尚无" not in text
        for words in ("4–<6 mm", "21 / 31", "68 % (50–81)", "≥15 mm", "本院 62 例验收", "平均每例约 1.0 处假标记"):
            assert words in text.replace("&lt;", "<")


def test_a_partly_screened_chest_says_so_first(tmp_path: Path) -> None:
    text = pdf_pages(write(partly(), tmp_path))[0]

    assert "部分初筛。标出 4 处" in text
    assert "肺尖约 3 % 未扫入" in text
    assert "W02" in text


def test_a_missing_part_of_the_lungs_is_named_in_english_too(tmp_path: Path) -> None:
    assert "△ lung apex, about 3 %: cut off" in re.sub(r"\s+", " ", pdf_text(write(partly(), tmp_path, "en")))


def test_twenty_nodules_each_have_a_row_and_a_picture(tmp_path: Path) -> None:
    text = pdf_text(write(screened(twenty()), tmp_path))

    assert len(list((tmp_path / "key-images").glob("*.png"))) == 20
    for nodule in screened(twenty()).nodules:
        assert f"{nodule.instance_number} / 60" in text
    assert "没有分析什么" in pdf_pages(tmp_path)[0]
    assert html_text(tmp_path).count("<figure>") == 20


def test_the_device_notice_is_printed_once_and_every_page_names_the_patient(tmp_path: Path) -> None:
    pages = pdf_pages(write(screened(twenty()), tmp_path))

    assert sum("非注册医疗器械" in page for page in pages) == 1
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page
        assert "测试患者甲" in page
        assert "TEST-0003" in page


def test_rare_characters_print_and_what_has_no_glyph_keeps_its_code(tmp_path: Path) -> None:
    text = pdf_text(write(screened(FOUR[:1], name="𠮷䶮㛃😀"), tmp_path))

    assert "𠮷䶮㛃" in text
    assert "[U+1F600]" in text
    assert "𠮷䶮㛃" in html_text(tmp_path)


def test_a_name_is_text_and_never_markup(tmp_path: Path) -> None:
    write(screened(FOUR[:1], name=HOSTILE), tmp_path)

    printed = re.sub(r"\s+", "", pdf_text(tmp_path))
    assert re.sub(r"\s+", "", HOSTILE) in printed
    html = html_text(tmp_path)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "{{ 7*7 }}" in html
    assert json.loads((tmp_path / "findings.json").read_text("utf-8"))["patient"]["name"] == HOSTILE


def test_absent_facts_print_as_not_given(tmp_path: Path) -> None:
    outcome = screened(FOUR[:1])
    patient = replace(outcome.series.patient, name="", id="", sex="", age_years=None)
    facts = replace(
        outcome.series.facts, accession_number="", acquired=None, kernel="", institution="", contrast="unknown"
    )
    outcome = replace(outcome, series=replace(outcome.series, patient=patient, facts=facts), slice_thickness_mm=None)

    text = pdf_text(write(outcome, tmp_path))

    assert text.count("未提供") >= 6
    assert "图像中未注明" in text
    assert "None" not in text


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [values[name] or "" for name in ("src", "href", "action") if name in values]
        if tag == "img":
            self.images.append(values)
        if tag == "html":
            self.language = values.get("lang")


@pytest.mark.parametrize(("language", "code"), [("zh", "zh-CN"), ("en", "en")])
def test_the_html_page_fetches_nothing_and_names_its_language(
    four: Path, english: Path, language: str, code: str
) -> None:
    text = html_text(four if language == "zh" else english)
    links = _Links()

    links.feed(text)

    assert links.language == code
    assert all(address.startswith("data:") for address in links.addresses)
    assert "url(" not in text
    assert "@import" not in text
    assert len(links.images) == 5
    assert all(image["alt"] for image in links.images)


def test_every_letter_of_the_pdf_is_set_in_an_embedded_font(four: Path) -> None:
    document = pypdfium2.PdfDocument(four / "report.pdf")

    fonts = [
        item.get_font() for page in document for item in page.get_objects() if isinstance(item, pypdfium2.PdfTextObj)
    ]

    assert {font.get_base_name().partition("+")[2] for font in fonts} == {
        "NotoSansCJKtc-Regular",
        "NotoSansCJKtc-Bold",
    }
    assert all(font.is_embedded for font in fonts)
    document.close()


def test_the_same_run_gives_the_same_pdf(tmp_path: Path) -> None:
    outcome = screened(FOUR[:1])

    first = (write(outcome, tmp_path / "a") / "report.pdf").read_bytes()
    second = (write(outcome, tmp_path / "b") / "report.pdf").read_bytes()

    assert first == second


def test_a_refusal_says_what_to_do_and_claims_no_result(tmp_path: Path) -> None:
    write(refused(), tmp_path)

    assert len(pdf_pages(tmp_path)) == 1
    for text in (pdf_text(tmp_path), html_text(tmp_path)):
        for words in (
            "未初筛；没有首看结果，不表示没有结节。",
            "R03 缺层",
            "少了 9 层图像",
            "怎么办",
            "技师",
            "医师",
            "测试患者甲",
        ):
            assert words in text, words
        assert "标出" not in text
        assert "首看 2099" not in text
    assert json.loads((tmp_path / "findings.json").read_text("utf-8"))["outcome"] == "refused"


def test_a_refusal_before_any_series_still_has_its_documents(tmp_path: Path) -> None:
    write(refused(with_slices=False), tmp_path, "en")

    assert "Not screened" in pdf_text(tmp_path)
    assert json.loads((tmp_path / "findings.json").read_text("utf-8"))["patient"] is None


def test_a_refusal_before_decoding_still_names_patient_study_and_inputs(tmp_path: Path) -> None:
    decoded = screened().series
    file = InputFile(path=Path("study/IM1"), sha256="ab" * 32, bytes=77)
    outcome = replace(refused(with_slices=False), patient=decoded.patient, facts=decoded.facts, files=(file,))
    write(outcome, tmp_path)
    found = json.loads((tmp_path / "findings.json").read_text("utf-8"))
    inputs = json.loads((tmp_path / "provenance.json").read_text("utf-8"))["inputs"]

    assert found["patient"]["id"] == decoded.patient.id
    assert found["patient"]["name"] == "测试患者甲"
    assert found["study"]["study_uid"] == decoded.facts.study_uid
    assert found["study"]["accession_number"] == decoded.facts.accession_number
    assert found["study"]["slices"] == 0
    assert inputs == [{"path": "study/IM1", "sha256": "ab" * 32, "bytes": 77}]
    for text in (pdf_text(tmp_path), html_text(tmp_path)):
        assert "测试患者甲" in text
        assert decoded.facts.accession_number in text


def test_a_failure_leaves_documents_that_send_the_images_to_a_doctor(tmp_path: Path) -> None:
    findings = write_failure(
        tmp_path,
        record=record(),
        language="zh",
        sentence_zh="初筛中途出错，没有结果。",
        sentence_en="An error; no result.",
    )

    assert findings.outcome == "failed"
    for text in (pdf_text(tmp_path), html_text(tmp_path)):
        assert "初筛失败" in text
        assert "初筛中途出错，没有结果。" in text
        assert "请医师直接阅片" in text
    assert json.loads((tmp_path / "provenance.json").read_text("utf-8"))["detector"] is None


def test_times_are_asked_for_when_pages_are_composed_and_again_at_the_end(tmp_path: Path) -> None:
    moments = iter([{"report": 1.0, "total": 4.0}, {"report": 1.6, "total": 4.6}])

    findings = write_documents(
        screened(FOUR[:1]), tmp_path, record=record(), language="zh", finish=lambda: next(moments)
    )

    assert findings.timing_s == {"report": 1.6, "total": 4.6}
    assert "用时 4.0 秒" in pdf_text(tmp_path)
    assert json.loads((tmp_path / "provenance.json").read_text("utf-8"))["timing_s"]["total"] == 4.6


def test_key_images_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    write(screened(), tmp_path)

    write(refused(), tmp_path)

    assert list((tmp_path / "key-images").glob("*.png")) == []


def test_provenance_names_inputs_and_hashes_of_what_was_written(four: Path) -> None:
    found = json.loads((four / "provenance.json").read_text("utf-8"))

    assert found["inputs"] == [{"path": "study/IM1", "sha256": "cd" * 32, "bytes": 1234}]
    assert found["detector"]["name"] == "classical-blobs"
    assert found["settings"] == {"max_marks": 20}
    assert found["started"] == STARTED.isoformat()
    assert found["documents"]["report.pdf"] == sha256((four / "report.pdf").read_bytes()).hexdigest()
    assert set(found["documents"]) == {"findings.json", "report.html", "report.pdf"} | {
        f"key-images/nodule-{n:02d}.png" for n in (1, 2, 3, 4)
    }


def test_many_series_that_were_not_chosen_are_counted(tmp_path: Path) -> None:
    outcome = screened(FOUR[:1])
    outcome = replace(outcome, series=replace(outcome.series, not_chosen=not_chosen(9)))

    assert "另有 3 个序列" in pdf_text(write(outcome, tmp_path))


def test_a_caution_is_marked_by_a_sign_and_its_code(tmp_path: Path) -> None:
    caution = Caution(code=CautionCode.THICK_SLICES, zh="层厚 3 mm，小结节可能漏标。", en="3 mm slices.")
    outcome: Screened = replace(screened(FOUR[:1]), cautions=(caution,))
    outcome = replace(outcome, series=replace(outcome.series, cautions=(caution,)))

    text = html_text(write(outcome, tmp_path))

    assert text.count("△ 层厚 3 mm，小结节可能漏标（W01）") == 1


def test_slice_numbers_that_do_not_run_to_the_count_stand_alone(tmp_path: Path) -> None:
    outcome = screened(FOUR[:1])
    shifted = replace(outcome.volume, instances=tuple((uid, n + 200) for uid, n in outcome.volume.instances))
    nodule = replace(outcome.nodules[0], instance_number=outcome.nodules[0].instance_number + 200)

    text = pdf_text(write(replace(outcome, volume=shifted, nodules=(nodule,)), tmp_path))

    assert f"{nodule.instance_number}" in text
    assert f"{nodule.instance_number} / 60" not in text


def test_a_suspicion_rating_is_printed_as_readers_opinion(tmp_path: Path) -> None:
    first, *others = screened().nodules
    rated = replace(screened(), nodules=(replace(first, suspicion_rating=3.44), *others))

    findings = write_documents(rated, tmp_path, record=record(), language="zh")

    for text in (pdf_text(tmp_path), html_text(tmp_path)):
        assert "可疑度评分（阅片者意见，非病理）3.4/5" in re.sub(r"\s*\n\s*", "", text)
        assert text.count("可疑度评分") == 1
    assert [nodule.suspicion_rating for nodule in findings.nodules] == [3.44, None, None, None]


def test_a_hundred_marks_are_all_listed_and_the_first_twenty_drawn(tmp_path: Path) -> None:
    nodules = tuple(replace(nodule, id=n) for n, nodule in enumerate(screened(twenty()).nodules * 5, start=1))
    everything = replace(screened(), nodules=nodules)

    findings = write_documents(everything, tmp_path, record=record(), language="zh")

    assert [nodule.id for nodule in findings.nodules] == list(range(1, 101))
    assert [bool(nodule.key_image) for nodule in findings.nodules] == [True] * 20 + [False] * 80
    assert len(list((tmp_path / "key-images").glob("*.png"))) == 20
    assert html_text(tmp_path).count("<figure>") == 20
    assert html_text(tmp_path).count("；只画前 20 处") == 2
    assert 'id="nodule-100"' in html_text(tmp_path)
    assert "只画前 20 处" in pdf_text(tmp_path)


def test_no_percentage_is_printed_of_a_few_nodules(tmp_path: Path) -> None:
    rows = (MeasuredSensitivity(from_mm=4, below_mm=6, found=18, total=19),)

    write(screened(()), tmp_path, ability=Ability(sensitivity=rows, source=("院内", "here")))

    text = pdf_text(tmp_path)
    assert "18 / 19" in text
    assert not re.search(r"\d %", text.split("检出能力")[1].split("工作点")[0])
