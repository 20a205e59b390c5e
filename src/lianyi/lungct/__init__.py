"""The clinical engine for lung CT first screening: no web, no database, no network.

Read :mod:`lianyi.lungct.pipeline` first; it is the only file that knows the order of the stages.
"""
