"""A scanner that does not give up: it sends until each instance is acknowledged, and remembers which were."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pydicom
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom import AE


def renamed(paths: Sequence[Path], name: str) -> list[pydicom.Dataset]:
    """Give the slices as another study, the same each time it is asked for."""
    study, series = generate_uid(entropy_srcs=[name, "study"]), generate_uid(entropy_srcs=[name, "series"])
    slices = []
    for path in paths:
        ds = pydicom.dcmread(path)
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
        ds.SOPInstanceUID = generate_uid(entropy_srcs=[name, ds.SOPInstanceUID])
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        slices.append(ds)
    return slices


class Scanner:
    """Sends, and counts what was acknowledged.

    Attributes:
        acknowledged: SOP Instance UIDs that were answered with success.
        sent: how often an instance was sent, repeats included.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._ae = AE("SCANNER")
        self._ae.add_requested_context(CTImageStorage)
        self._ae.connection_timeout = 5
        self._ae.acse_timeout = self._ae.dimse_timeout = self._ae.network_timeout = 10
        self.acknowledged: set[str] = set()
        self.sent = 0

    def send_once(self, slices: Sequence[pydicom.Dataset]) -> bool:
        """Send over one association; tell whether every instance was acknowledged."""
        try:  # where nobody listens, pynetdicom leaves its socket to the garbage collector
            socket.create_connection(("127.0.0.1", self._port), 5).close()
        except OSError:
            return False
        association = self._ae.associate("127.0.0.1", self._port, ae_title="LIANYI")
        if not association.is_established:
            return False
        is_whole = True
        for ds in slices:
            self.sent += 1
            try:
                status = association.send_c_store(ds)
            except (RuntimeError, ValueError):  # the association is gone
                return False
            if "Status" in status and status.Status == 0:
                self.acknowledged.add(str(ds.SOPInstanceUID))
            else:
                is_whole = False
        if association.is_established:
            association.release()
        return is_whole

    def send(self, slices: Sequence[pydicom.Dataset], limit_s: float = 600.0) -> None:
        """Send until all is acknowledged, the whole study anew each time, as scanners do."""
        until = time.monotonic() + limit_s
        while not self.send_once(slices):
            assert time.monotonic() < until, "the station never took it"
            time.sleep(0.2)
