"""What Prometheus is told: counts and seconds, by peer's and destination's name at most; no patient, no study."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# Seconds; an engineering choice around what a screening takes on two cores.
_SCREENING_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """Counters of one station, since it started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._instances = Counter(
            "lianyi_instances_received", "Instances kept, or known already", ["known"], registry=self.registry
        )
        self._bytes = Counter("lianyi_received_bytes", "Bytes of instances kept", registry=self.registry)
        self._refused = Counter("lianyi_instances_refused", "Instances not kept", ["reason"], registry=self.registry)
        self._screenings = Counter("lianyi_screenings", "Screenings ended", ["outcome"], registry=self.registry)
        self._screening_s = Histogram(
            "lianyi_screening_seconds", "Seconds a screening took", buckets=_SCREENING_S, registry=self.registry
        )
        self._deliveries = Counter(
            "lianyi_delivery_attempts", "Attempts to deliver", ["destination", "result"], registry=self.registry
        )
        self.rows = Gauge("lianyi_rows", "Rows by table and state", ["table", "state"], registry=self.registry)
        self.free_bytes = Gauge("lianyi_disk_free_bytes", "Free in the data folder", registry=self.registry)
        self.associations = Gauge("lianyi_associations", "Open associations", registry=self.registry)

    def kept(self, *, is_new: bool, size_bytes: int) -> None:
        """Count an instance that is on disk."""
        self._instances.labels(known="no" if is_new else "yes").inc()
        if is_new:
            self._bytes.inc(size_bytes)

    def refused(self, reason: str) -> None:
        """Count an instance that was not kept."""
        self._refused.labels(reason=reason).inc()

    def screened(self, outcome: str, seconds: float) -> None:
        """Count a screening."""
        self._screenings.labels(outcome=outcome).inc()
        self._screening_s.observe(seconds)

    def delivered(self, destination: str, result: str) -> None:
        """Count an attempt to deliver."""
        self._deliveries.labels(destination=destination, result=result).inc()

    def text(self) -> bytes:
        """Give them in Prometheus' text format."""
        return generate_latest(self.registry)
