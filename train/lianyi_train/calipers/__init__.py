"""How near measuring comes to the truth: against a phantom's formulae, and against LIDC's readers.

::

    phantoms, readers ─▶ collect building ─▶ fit ────▶ src/lianyi/lungct/measure/fitted.json
                     └─▶ collect reported ─▶ report ─▶ docs/validation/measurement.md and its plots

"building" is seeds below 2,000,000 and one half of LIDC's patients, "reported" seeds from there and the other half.
``make calipers`` makes the page; ``make calipers-fit`` fits anew.
"""
