"""How near measuring comes to the truth: against a phantom's formulae, and against LIDC's readers.

::

    phantoms ─▶ fit ──▶ src/lianyi/lungct/measure/uncertainty.json      seeds 0 to 9,999
        └─────▶ report ─▶ docs/validation/measurement.md                seeds from 1,000,000; LIDC's other half
    readers ─────┘

``python -m lianyi_train.calipers.fit`` makes the table, ``python -m lianyi_train.calipers.report`` the page.
"""
