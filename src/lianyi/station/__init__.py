"""The reading station: receives from the scanner, has each study screened, returns what came of it, loses nothing.

::

    receive ──▶ database ──▶ jobs ──▶ screening ──▶ results ──▶ jobs ──▶ destinations
    C-STORE     SQLite or    DBOS     a child       a folder    DBOS     PACS, RIS,
    STOW-RS     PostgreSQL            running                            folder
                                      `lianyi screen`

The rows of the database are the truth.  A job only says "look at this row"; it may come twice, or again after a
``kill -9``, and does no harm then.  The clinical engine is known through its command line only.
"""
