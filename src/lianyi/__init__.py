"""Lianyi (涟漪): an open hospital AI workbench.

The clinical engine is :mod:`lianyi.lungct`.
"""

__version__ = "0.1.0"
