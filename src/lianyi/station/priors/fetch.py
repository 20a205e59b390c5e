"""C-FIND for the patient's CTs, then C-GET or C-MOVE of the last one's largest series.

Patient and dates come from the study's own header; the PACS is asked by the exact Patient ID.  Whether both CTs are of
one person is checked again, by the engine, before anything is compared.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from pynetdicom.dsutils import encode_file_meta
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from lianyi.station.priors.config import PriorSource
from lianyi.station.receive.syntaxes import KEPT_CLASSES, READABLE_SYNTAXES

_PENDING = (0xFF00, 0xFF01)  # PS3.4 2024e, table C.4-1
_SUCCESS = 0x0000
_OUT_OF_RESOURCES = 0xA700
_PREAMBLE = b"\0" * 128 + b"DICM"
_LEAST_INSTANCES = 20
"""A series of fewer images is a scout or a reformat, no CT of a chest to compare with; engineering choice."""


class NotFetched(Exception):
    """The prior could not be had; *reason* says why in a few words of our own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of whom, and before which study."""

    patient_id: str
    study_uid: str
    study_date: date


def fetch_prior(source: PriorSource, wanted: Wanted, folder: Path) -> int:
    """Fetch the last CT before the wanted study into *folder*.

    Returns:
        How many instances came; 0 where the PACS knows of none.

    Raises:
        NotFetched: the PACS cannot be reached, or gave up on the way; what came so far is incomplete.
    """
    until_s = time.monotonic() + source.timeout_s
    with _associated(source, [build_context(StudyRootQueryRetrieveInformationModelFind)]) as association:
        series = _largest_series(association, source, wanted)
    if series is None:
        return 0
    study_uid, series_uid, count = series
    request = _request("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID=series_uid)
    taken = _Taken(folder, until_s)
    if source.retrieve == "get":
        _get(source, request, taken)
    else:
        _move(source, request, taken)
    if taken.count < count:
        raise NotFetched(f"{taken.count} of {count} instances came")
    return taken.count


class _Taken:
    """Writes what comes, as it comes."""

    def __init__(self, folder: Path, until_s: float) -> None:
        self._folder = folder
        self._until_s = until_s
        self.count = 0

    def take(self, event: Event) -> int:
        if time.monotonic() > self._until_s:
            return _OUT_OF_RESOURCES
        data = cast("Any", event.request).DataSet.getvalue()
        path = self._folder / f"{uuid.uuid4().hex}.dcm"
        path.write_bytes(_PREAMBLE + encode_file_meta(event.file_meta) + data)
        self.count += 1
        return _SUCCESS


def _largest_series(association: Association, source: PriorSource, wanted: Wanted) -> tuple[str, str, int] | None:
    """Find the last earlier CT study's series with the most images, if that is not too large."""
    oldest = wanted.study_date - timedelta(days=365.25 * source.most_years)
    studies = _found(
        association,
        _request(
            "STUDY",
            PatientID=wanted.patient_id,
            StudyDate=f"{oldest:%Y%m%d}-{wanted.study_date:%Y%m%d}",
            ModalitiesInStudy="CT",
            StudyInstanceUID="",
        ),
    )
    earlier = [
        one
        for one in studies
        if str(one.get("PatientID", "")).strip() == wanted.patient_id
        and one.get("StudyInstanceUID") not in {None, wanted.study_uid}
        and str(one.get("StudyDate", "")).strip() < f"{wanted.study_date:%Y%m%d}"
    ]
    for study in sorted(earlier, key=lambda one: str(one.StudyDate), reverse=True):
        keys = {"Modality": "CT", "SeriesInstanceUID": "", "NumberOfSeriesRelatedInstances": ""}
        series = _found(association, _request("SERIES", StudyInstanceUID=study.StudyInstanceUID, **keys))
        sizes = [(int(one.get("NumberOfSeriesRelatedInstances") or 0), str(one.SeriesInstanceUID)) for one in series]
        fitting = [one for one in sizes if _LEAST_INSTANCES <= one[0] <= source.most_instances]
        if fitting:
            count, series_uid = max(fitting)
            return str(study.StudyInstanceUID), series_uid, count
    return None


def _request(level: str, **keys: str) -> Dataset:
    ds = Dataset()
    ds.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(ds, keyword, value)
    return ds


def _found(association: Association, request: Dataset) -> list[Dataset]:
    found = []
    for status, item in association.send_c_find(request, StudyRootQueryRetrieveInformationModelFind):
        code = status.get("Status")
        if code is None or code not in {*_PENDING, _SUCCESS}:
            raise NotFetched("the query failed" if code is None else f"the query ended with status {code:04X}")
        if item is not None:
            found.append(item)
    return found


def _storage() -> list[PresentationContext]:
    return [build_context(kept, list(READABLE_SYNTAXES)) for kept in KEPT_CLASSES]


def _get(source: PriorSource, request: Dataset, taken: _Taken) -> None:
    contexts = [build_context(StudyRootQueryRetrieveInformationModelGet), *_storage()]
    with _associated(source, contexts, handlers=[(evt.EVT_C_STORE, taken.take)]) as association:
        _retrieved(association.send_c_get(request, StudyRootQueryRetrieveInformationModelGet))


def _move(source: PriorSource, request: Dataset, taken: _Taken) -> None:
    node = AE(ae_title=source.calling_ae)
    node.supported_contexts = _storage()
    try:
        server = node.start_server(
            ("", source.listen_port or 0), block=False, evt_handlers=[(evt.EVT_C_STORE, taken.take)]
        )
    except OSError as error:
        raise NotFetched(f"the port to move to is taken ({error.strerror})") from None
    try:
        with _associated(source, [build_context(StudyRootQueryRetrieveInformationModelMove)]) as association:
            _retrieved(association.send_c_move(request, source.calling_ae, StudyRootQueryRetrieveInformationModelMove))
    finally:
        cast("Any", server).shutdown()
        node.shutdown()


def _retrieved(answers: Iterator[tuple[Dataset, Dataset | None]]) -> None:
    for status, _ in answers:
        code = status.get("Status")
        if code is None:
            raise NotFetched("the PACS broke off")
        if code not in {*_PENDING, _SUCCESS}:
            raise NotFetched(f"the PACS ended with status {code:04X}")


@contextmanager
def _associated(
    source: PriorSource, contexts: list[PresentationContext], *, handlers: list[Any] | None = None
) -> Iterator[Association]:
    ae = AE(ae_title=source.calling_ae)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = source.timeout_s
    # PS3.7 2024e, D.3.3.4: over C-GET we are the SCP of storage.
    roles = [build_role(UID(str(one.abstract_syntax)), scp_role=True) for one in contexts if handlers][1:]
    association = ae.associate(
        source.host,
        source.port,
        contexts=contexts,
        ae_title=source.called_ae,
        ext_neg=cast("Any", roles),
        tls_args=(source.tls.context(), source.host) if source.tls else None,
        evt_handlers=handlers or [],
    )
    if not association.is_established:
        raise NotFetched("the PACS refused or did not answer")
    try:
        yield association
    finally:
        if association.is_established:
            association.release()
