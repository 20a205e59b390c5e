"""How the networks of Lianyi are trained and measured.  The product never imports this; it is not in the wheel.

::

    shared/data ─▶ prepare ─▶ cache ─▶ samples ─▶ fit ─▶ checkpoints ─▶ export ─▶ ONNX in lungct/models
                                 └──▶ sticks (whole chests, planted nodules, slabs) ─▶ tables

Arrays here are kji at 1 mm, as on the product's working grid: k to Superior, j to Posterior, i to Left.
Grey values are one byte: 0 is -1000 HU and below, 255 is 400 HU and above.
"""
