"""Is this machine fit to screen?  Everything screening needs is tried, and told in two languages."""

from lianyi.doctor.checks import Check, examine

__all__ = ["Check", "examine"]
