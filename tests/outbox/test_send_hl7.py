"""ORU^R01, ORM^O01 and OMI^O23 over MLLP to a real asyncio listener; parsed by hl7 and validated by hl7apy."""

import base64
import ssl
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from lianyi.lungct.report.findings import Findings
from lianyi.station.destinations import Hl7Destination, NotDelivered, Package, deliver
from outbox_mllp import CODECS, acknowledge, listening
from outbox_peers import TlsFiles, free_port


def to_ris(port: int, **more: Any) -> Hl7Destination:
    settings = {"name": "ris", "kind": "hl7", "host": "127.0.0.1", "port": port, "timeout_s": 20}
    return Hl7Destination.model_validate({**settings, "assigning_authority": "HIS", **more})


def findings_of(package: Package) -> Findings:
    return Findings.model_validate_json((package.documents / "findings.json").read_bytes())


def test_a_report_says_what_the_findings_say(package: Package) -> None:
    findings = findings_of(package)
    with listening() as ris:
        receipt = deliver(package, to_ris(ris.port))

    message = ris.message()
    msh, pid, obr = message.segment("MSH"), message.segment("PID"), message.segment("OBR")
    assert str(msh[9]) == "ORU^R01^ORU_R01"
    assert str(msh[10]) == receipt.reference
    assert len(receipt.reference) <= 20
    assert (str(msh[12]), str(msh[18])) == ("2.5.1", "UNICODE UTF-8")
    assert message.unescape(str(pid[3][0][0])) == findings.patient.id == "P|12^3&4"
    assert str(pid[5]) == "Zhang^San^^^^^L^A~张^三^^^^^L^I"
    assert str(obr[4]) == "24627-2^CT Chest^LN"
    assert str(obr[18]) == str(message.segment("ORC")[3]) == findings.study.accession_number
    assert str(obr[25]) == "P"
    assert {str(obx[11]) for obx in message.segments("OBX")} == {"P"}
    volumes = {str(obx[4]): float(str(obx[5])) for obx in message.segments("OBX") if "Volume" in str(obx[3])}
    assert volumes == {str(one.id): pytest.approx(one.volume_mm3, abs=0.05) for one in findings.nodules}
    assert "未经医师确认" in str(message.segments("OBX")[0][5])


def test_each_nodule_has_its_group_of_sizes_volume_density_and_lobe(package: Package) -> None:
    with listening() as ris:
        deliver(package, to_ris(ris.port))

    groups: dict[str, set[str]] = {}
    for obx in ris.message().segments("OBX"):
        groups.setdefault(str(obx[4]), set()).add(str(obx[3]).split("^")[1])
    wanted = {"Long Axis", "Short Axis", "Mean Diameter", "Volume", "Mean Attenuation", "Density", "Finding Site"}
    for nodule in findings_of(package).nodules:
        assert wanted <= groups[str(nodule.id)]


@pytest.mark.parametrize("charset", ["UNICODE UTF-8", "GB 18030-2000"])
def test_a_chinese_name_is_really_in_the_character_set_that_msh_names(package: Package, charset: str) -> None:
    with listening() as ris:
        deliver(package, to_ris(ris.port, charset=charset))

    assert "张^三".encode(CODECS[charset]) in ris.blocks[0]
    message = ris.message(charset)
    assert str(message.segment("MSH")[18]) == charset
    assert str(message.segment("PID")[5]).endswith("张^三^^^^^L^I")


def test_8859_1_carries_the_latin_name_and_english_and_never_a_question_mark(package: Package) -> None:
    with listening() as ris:
        deliver(package, to_ris(ris.port, charset="8859/1", language="en"))

    message = ris.message("8859/1")
    assert str(message.segment("PID")[5]) == "Zhang^San^^^^^L^A"
    assert b"?" not in ris.blocks[0]


def test_a_name_in_chinese_alone_cannot_go_out_in_8859_1(package: Package, tmp_path: Path) -> None:
    text = (package.documents / "findings.json").read_text(encoding="utf-8")
    (tmp_path / "findings.json").write_text(text, encoding="utf-8")

    with listening() as ris, pytest.raises(NotDelivered, match="8859/1") as error:
        deliver(replace(package, documents=tmp_path, objects=()), to_ris(ris.port, charset="8859/1", language="en"))

    assert error.value.is_final
    assert "张" not in str(error.value)
    assert ris.blocks == []


@pytest.mark.parametrize(
    "more", [{}, {"pdf": True}, {"message": "priority", "suspicion_from": 1.0, "structure": "OMI"}]
)
def test_hl7apy_finds_the_message_valid(package: Package, more: dict[str, Any]) -> None:
    with listening() as ris:
        deliver(package, to_ris(ris.port, **more))

    assert parse_message(ris.blocks[0].decode(), validation_level=VALIDATION_LEVEL.TOLERANT).validate()


def test_hl7apy_finds_each_segment_of_an_orm_valid(package: Package) -> None:
    """Segment by segment: hl7apy asks for every member of ORM^O01's choice (OBR, RQD, RQ1, RXO, ODS or ODT)."""
    with listening() as ris:
        deliver(package, to_ris(ris.port, message="priority", suspicion_from=1.0))

    message = parse_message(ris.blocks[0].decode(), find_groups=False)
    assert [segment.name for segment in message.children] == ["MSH", "PID", "PV1", "ORC", "OBR", "OBX"]
    assert all(segment.validate() for segment in message.children)


def test_the_pdf_comes_out_as_it_went_in(package: Package) -> None:
    with listening() as ris:
        deliver(package, to_ris(ris.port, pdf=True))

    value = str(next(obx for obx in ris.message().segments("OBX") if str(obx[2]) == "ED")[5])
    _, kind, subtype, encoding, data = value.split("^")
    assert (kind, subtype, encoding) == ("Application", "PDF", "Base64")
    assert base64.b64decode(data) == (package.documents / "report.pdf").read_bytes()


def test_a_repeat_is_the_same_message_with_the_same_control_id(package: Package) -> None:
    with listening() as ris:
        deliver(package, to_ris(ris.port))
        deliver(package, to_ris(ris.port))
        deliver(replace(package, identity="another"), to_ris(ris.port))

    assert ris.blocks[0] == ris.blocks[1]
    assert ris.blocks[0] != ris.blocks[2]


def test_a_refused_study_says_so_and_does_not_cancel_the_order(refused_package: Package) -> None:
    with listening() as ris:
        deliver(refused_package, to_ris(ris.port))

    message = ris.message()
    (obx,) = message.segments("OBX")
    assert str(obx[11]) == "X"
    assert "拒绝" in str(obx[5])
    assert "R03" in message.unescape(str(obx[5]))
    assert str(message.segment("OBR")[25]) == "P"


def test_a_priority_is_asked_for_only_from_the_sites_limit(package: Package) -> None:
    ratings = [one.suspicion_rating for one in findings_of(package).nodules if one.suspicion_rating is not None]
    highest = max(ratings)
    with listening() as ris:
        below = deliver(package, to_ris(ris.port, message="priority", suspicion_from=min(5.0, highest + 0.01)))
        assert ris.blocks == []
        at = deliver(package, to_ris(ris.port, message="priority", suspicion_from=highest, priority="S"))

    message = ris.message()
    assert below.is_needless
    assert not at.is_needless
    assert str(message.segment("ORC")[1]) == "XO"
    assert str(message.segment("ORC")[7]) == str(message.segment("OBR")[27]) == "^^^^^S"
    assert str(message.segment("ORC")[3]) == findings_of(package).study.accession_number


def test_a_priority_and_a_report_have_control_ids_of_their_own(package: Package) -> None:
    with listening() as ris:
        report = deliver(package, to_ris(ris.port))
        priority = deliver(package, to_ris(ris.port, message="priority", suspicion_from=1.0, structure="OMI"))

    assert report.reference != priority.reference
    assert str(ris.message().segment("TQ1")[9]) == "A"


@pytest.mark.parametrize(
    ("code", "error", "is_final"),
    [("AE", "101", True), ("AE", "207", False), ("AR", "", False), ("AR", "200", True), ("CE", "", True)],
)
def test_a_negative_acknowledgement_decides_whether_it_is_tried_again(
    package: Package, code: str, error: str, *, is_final: bool
) -> None:
    with listening(lambda block: acknowledge(block, code, error=error)) as ris, pytest.raises(NotDelivered) as told:
        deliver(package, to_ris(ris.port))

    assert told.value.is_final is is_final
    assert code in told.value.en
    assert "张" not in str(told.value)  # the receiver's free text stays out


def test_an_acknowledgement_of_another_message_is_none(package: Package) -> None:
    with listening(lambda block: acknowledge(block, "AA", control_id="OTHER")) as ris, pytest.raises(NotDelivered) as e:
        deliver(package, to_ris(ris.port))

    assert not e.value.is_final


@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 400", b"MSH|^~\\&|RIS\r"])
def test_a_receiver_that_hangs_up_or_speaks_something_else_is_tried_again(
    package: Package, answer: bytes | None
) -> None:
    with listening(lambda _: answer) as ris, pytest.raises(NotDelivered) as error:
        deliver(package, to_ris(ris.port))

    assert not error.value.is_final


def test_a_slow_receiver_is_heard_out(package: Package) -> None:
    with listening(slow=True) as ris:
        receipt = deliver(package, to_ris(ris.port, pdf=True))

    assert receipt.objects[0].said == "AA"


def test_a_silent_receiver_is_given_up_after_the_time_that_was_set(package: Package) -> None:
    silent = Event()
    with listening(lambda _: b"late" * silent.wait(3)) as ris:
        with pytest.raises(NotDelivered, match="did not answer within") as error:
            deliver(package, to_ris(ris.port, timeout_s=0.5))
        silent.set()

    assert not error.value.is_final


def test_a_receiver_that_is_down_is_tried_again(package: Package) -> None:
    with pytest.raises(NotDelivered, match="cannot be reached") as error:
        deliver(package, to_ris(free_port()))

    assert not error.value.is_final


def test_mllp_over_mutual_tls(package: Package, certificates: TlsFiles) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca))
    server.load_cert_chain(certificates.peer, certificates.peer_key)
    server.verify_mode = ssl.CERT_REQUIRED
    ours = {"ca": certificates.ca, "certificate": certificates.ours, "key": certificates.our_key}
    with listening(tls=server) as ris:
        deliver(package, to_ris(ris.port, host="localhost", tls=ours))
        with pytest.raises(NotDelivered):
            deliver(package, to_ris(ris.port, host="localhost", tls={"ca": certificates.ca}))

    assert len(ris.blocks) == 1


def test_the_suspicion_limit_needs_a_rating(package: Package, tmp_path: Path) -> None:
    findings = findings_of(package)
    unrated = findings.model_copy(
        update={"nodules": [one.model_copy(update={"suspicion_rating": None}) for one in findings.nodules]}
    )
    (tmp_path / "findings.json").write_text(unrated.to_json(), encoding="utf-8")

    receipt = deliver(replace(package, documents=tmp_path), to_ris(free_port(), message="priority", suspicion_from=1.0))

    assert receipt.is_needless
