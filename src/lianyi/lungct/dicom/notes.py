"""What is met on the way from paths to a series, kept so that no ending loses it.

A refusal names the patient and study as surely as the headers do: of the chosen series once there is one,
before that only when every header agrees, and then without what belongs to one series.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lianyi.lungct.dicom.instances import Instance
from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.domain.study import InputFile, NotChosen, Patient, SeriesFacts, StudyHeader
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID

_NAMED_FILES = 5


def _listed(files: Sequence[str]) -> tuple[str, str]:
    """Name the first few files, in both languages."""
    names, is_more = sorted(files)[:_NAMED_FILES], len(files) > _NAMED_FILES
    return f"{'、'.join(names)}{' 等' if is_more else ''}", f"{', '.join(names)}{' and more' if is_more else ''}"


def _whose(one: Instance) -> tuple[object, ...]:
    patient = one.patient
    return patient.id, patient.name, patient.birth_date, one.facts.study_uid


def _of_study(facts: SeriesFacts) -> SeriesFacts:
    """Leave out what belongs to one series of a study."""
    return replace(
        facts,
        series_uid=SeriesUID(""),
        frame_of_reference_uid=FrameOfReferenceUID(""),
        series_description="",
        series_number=None,
        body_part="",
        kernel="",
        contrast="unknown",
        kvp=None,
        patient_position="",
        gantry_tilt_deg=None,
    )


def header_of(first: Instance, instances: Sequence[Instance]) -> StudyHeader:
    """Give the header of the instance that speaks for all, and each instance once."""
    once = {one.instance_uid: one.as_source for one in instances}
    return StudyHeader(encoded=first.header, images=tuple(once.values()))


@dataclass(slots=True)
class Notes:
    """What was met on the way: for the cautions, and for a refusal.

    Attributes:
        unreadable: names of files that cannot be opened or read.
        left_out: names of images of the chosen series whose pixels must not be used.
        ignored: names of files that are not DICOM.
        duplicates: number of files given twice.
        from_choice: cautions of the choice.
        headers: every instance whose header was read.
        chosen: the instance that speaks for the chosen series.
        of_chosen: every instance of the chosen series.
        files: of the chosen series, as far as they were read whole.
        not_chosen: why each other series was not chosen.
    """

    unreadable: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    duplicates: int = 0
    from_choice: tuple[Caution, ...] = ()
    headers: list[Instance] = field(default_factory=list)
    chosen: Instance | None = None
    of_chosen: tuple[Instance, ...] = ()
    files: tuple[InputFile, ...] = ()
    not_chosen: tuple[NotChosen, ...] = ()

    def refused(self, reason: Refusal) -> Refused:
        """Give the outcome of a refusal, with whom and what the headers name."""
        patient, facts = self._who()
        return Refused(
            reason=reason,
            series=None,
            not_chosen=self.not_chosen,
            cautions=self.cautions(),
            patient=patient,
            facts=facts,
            files=self.files,
            header=self.header(),
        )

    def header(self) -> StudyHeader | None:
        """Give what the objects of an answer copy and refer to, of the chosen series or of the one study."""
        if self.chosen is not None:
            return header_of(self.chosen, self.of_chosen)
        if self._who()[0] is None:
            return None
        return header_of(self.headers[0], self.headers)

    def _who(self) -> tuple[Patient | None, SeriesFacts | None]:
        """Give the patient and study of the chosen series, or those that all headers agree on."""
        if self.chosen is not None:
            return self.chosen.patient, self.chosen.facts
        if len({_whose(one) for one in self.headers}) != 1:
            return None, None
        first = self.headers[0]
        if len({one.facts.series_uid for one in self.headers}) == 1:
            return first.patient, first.facts
        return first.patient, _of_study(first.facts)

    def cautions(self) -> tuple[Caution, ...]:
        """Give the cautions, those of files first."""
        return (*self._of_files(), *self.from_choice, *self._of_header())

    def _of_files(self) -> Iterator[Caution]:
        if self.unreadable:
            zh, en = _listed(self.unreadable)
            yield Caution(
                code=CautionCode.UNREADABLE_FILES,
                zh=f"有 {len(self.unreadable)} 个文件无法读取，未使用：{zh}。",
                en=f"{len(self.unreadable)} file(s) could not be read and were left out: {en}.",
            )
        if self.left_out:
            zh, en = _listed(self.left_out)
            yield Caution(
                code=CautionCode.UNREADABLE_FILES,
                zh=f"所选序列中有 {len(self.left_out)} 个文件的像素不能使用（可能是混入的截图），未使用：{zh}。",
                en=f"{len(self.left_out)} file(s) of the series have pixels that must not be used (perhaps a screen "
                f"save among them) and were left out: {en}.",
            )
        if self.ignored:
            zh, en = _listed(self.ignored)
            yield Caution(
                code=CautionCode.IGNORED_FILES,
                zh=f"有 {len(self.ignored)} 个文件不是 DICOM 文件，已忽略：{zh}。",
                en=f"{len(self.ignored)} file(s) are not DICOM and were ignored: {en}.",
            )
        if self.duplicates:
            yield Caution(
                code=CautionCode.DUPLICATED_FILES,
                zh=f"有 {self.duplicates} 个文件是重复的，各只使用一份。",
                en=f"{self.duplicates} file(s) are duplicates; one of each was used.",
            )

    def _of_header(self) -> Iterator[Caution]:
        if self.chosen is None:
            return
        if self.chosen.texts_guessed:
            yield Caution(
                code=CautionCode.GUESSED_CHARACTER_SET,
                zh="姓名或其他文字的字符集未声明或声明有误，已按内容推断；请核对患者姓名。",
                en="The character set of names or texts is not declared or wrong and was inferred; check the name.",
            )
