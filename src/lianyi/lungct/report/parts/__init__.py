"""The parts of ``findings.json``, by what they speak of; each is written by its own ``of``."""
