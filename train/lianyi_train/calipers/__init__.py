"""How near measuring comes to the truth: against a phantom's formulae, and against LIDC's readers.

::

    phantoms, readers ─▶ collect building ─▶ fit ────▶ src/lianyi/lungct/measure/fitted.json
                     └─▶ collect reported ─▶ report ─▶ docs/validation/measurement.md and its plots

"building" is seeds 0 to 9,999 and one half of LIDC's patients, "reported" seeds from 1,000,000 and the other half.
``make calipers`` makes the page; ``make calipers-fit`` fits anew.
"""
