"""The body as formulae: skin, muscle, chest wall, lungs, mediastinum, diaphragm and what lies under it.

Sizes are those of a mid-sized adult with raised arms at full breath, drawn to look like a chest and to give
lungs of about 2 L each, the right one larger.  They are no reference values of anatomy.  The origin is the
middle of the chest; the lungs' tips lie near z = +140 mm and their lowest recesses near z = -150 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.phantom.atlas import FAR_MM, Atlas, Field, Lattice, as_distance, ellipsoid, rounded_max, rounded_min
from lianyi.phantom.spec import PhantomSpec

Floats = npt.NDArray[np.float64]

STEP_MM = 2.5
"""Of the lattice: half of what the smallest organ here needs, and quick."""

# z (mm): half width, half depth, y of the middle.  The inner chest wall, from the recesses to the tips.
_CHEST_WALL = np.array(
    [
        [-260, 132, 92, -6],
        [-170, 136, 94, -5],
        [-100, 136, 93, -4],
        [-20, 130, 89, -2],
        [40, 118, 80, 2],
        [80, 99, 66, 8],
        [105, 78, 52, 14],
        [125, 56, 38, 19],
        [137, 36, 25, 22],
        [143, 17, 12, 23],
        [146, 3, 3, 23],
        [260, 2, 2, 23],
    ],
    dtype=np.float64,
)
# z (mm): half width, half depth, y of the middle.  The skin.
_SKIN = np.array(
    [
        [-260, 162, 116, 0],
        [-120, 168, 119, 0],
        [0, 174, 118, 0],
        [70, 180, 112, 2],
        [120, 182, 98, 8],
        [150, 168, 84, 14],
        [185, 120, 70, 16],
        [240, 80, 66, 16],
    ],
    dtype=np.float64,
)

LUNG_TOP_MM = 146.0
LUNG_BOTTOM_MM = -152.0
VERTEBRA_PITCH_MM = 25.0
SPINE_Y_MM = 62.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Anatomy:
    """One body.

    Attributes:
        atlas: its fields.
        scale_xyz: how much larger than the drawn body.
        lung_ends_mm: z of the lowest and the highest point of healthy lungs.
        lung_points_xyz: points that bound healthy lungs (the middle of a body that has none): what a stack
            has to cover.
        has_lungs: False for the body that is no chest.
    """

    atlas: Atlas
    scale_xyz: tuple[float, float, float]
    lung_ends_mm: tuple[float, float]
    lung_points_xyz: Floats
    has_lungs: bool


def build_anatomy(spec: PhantomSpec) -> Anatomy:
    """Evaluate the body of a spec on its lattice."""
    random = np.random.default_rng([spec.seed, 1])
    sx, sy, sz = (float(s) for s in random.uniform(0.95, 1.05, 3))
    lattice = Lattice(first_xyz=(-200.0, -165.0, -187.5), step_mm=STEP_MM, shape_zyx=(151, 133, 161))
    world = lattice.axes()
    drawn = (world[0] / np.float32(sx), world[1] / np.float32(sy), world[2] / np.float32(sz))

    fields: dict[str, Field] = {}
    # A furrow along the spine.
    fields["skin"] = as_distance(_tube(drawn, _SKIN, power=2.35), STEP_MM) - _furrow(drawn)
    wall = as_distance(_tube(drawn, _CHEST_WALL, power=2.2), STEP_MM)
    fields["muscle"] = _muscle(drawn, fields["skin"], wall)
    fields["fat_planes"] = _fat_planes(lattice, random)
    fields["wall"] = wall
    fields["spine"] = _spine(drawn)
    fields["heart"] = np.maximum(
        ellipsoid(drawn, (22, -32, -52), (54, 46, 56)), ellipsoid(drawn, (-6, -18, -20), (40, 38, 46))
    )
    dome = _diaphragm(drawn, random)
    fields["dome"] = dome
    fields.update(_abdomen(drawn, wall, dome, random))
    both, pleural = _lungs(drawn, wall, dome, fields["heart"])
    covered = both
    if spec.variant == "not chest":
        covered = np.minimum(wall, 120 - np.abs(world[2]))
        both, pleural = np.full_like(both, FAR_MM), np.full_like(both, FAR_MM)
        fields.update(_belly(drawn, wall))
    elif spec.variant == "one lung":
        both = np.where(world[0] > 0, np.maximum(-np.abs(both) - 3, FAR_MM), both)
    elif spec.variant == "effusion":
        both = np.where(world[0] < 0, rounded_min(both, _above_fluid(drawn, is_prone=spec.is_prone), 4), both)
    fields["pleural"] = pleural
    fields["lung"] = both.astype(np.float32)
    fields.update(_fissures(drawn))
    fields["parenchyma"] = _parenchyma(lattice, spec, random)
    if spec.has_table:
        fields["table"], fields["table_hollow"] = _table(world, sy, is_prone=spec.is_prone)
    points = _boundary(lattice, covered)
    return Anatomy(
        atlas=Atlas(lattice=lattice, fields={name: np.ascontiguousarray(f, np.float32) for name, f in fields.items()}),
        scale_xyz=(sx, sy, sz),
        lung_ends_mm=(float(points[:, 2].min()), float(points[:, 2].max())),
        lung_points_xyz=points,
        has_lungs=spec.variant != "not chest",
    )


def _boundary(lattice: Lattice, distance: Field) -> Floats:
    """Give the lattice points just inside a surface, LPS mm."""
    k, j, i = np.nonzero((distance > 0) & (distance < 2 * lattice.step_mm))
    points: Floats = np.stack([i, j, k], axis=1) * lattice.step_mm + np.array(lattice.first_xyz)
    return points


def _tube(axes: tuple[Field, Field, Field], profile: np.ndarray, *, power: float) -> Field:
    """Superellipse whose axes change along z; positive inside, in units of its size (not yet a distance)."""
    x, y, z = axes
    half_width, half_depth, middle_y = (
        ndimage.gaussian_filter1d(np.interp(z.ravel(), profile[:, 0], column), 1.5)[:, None, None]
        for column in profile[:, 1:].T
    )
    radius = (np.abs(x / half_width) ** power + np.abs((y - middle_y) / half_depth) ** power) ** (1 / power)
    inside: Field = ((1 - radius) * np.minimum(half_width, half_depth)).astype(np.float32)
    return inside


def _furrow(axes: tuple[Field, Field, Field]) -> Field:
    x, y, _ = axes
    depth: Field = (7 * np.exp(-((x / 26) ** 2)) * (y > 60)).astype(np.float32)
    return depth


def _fat_planes(lattice: Lattice, random: np.random.Generator) -> Field:
    """Signed distance to sheets of fat between muscles; a different marbling for every seed."""
    values = ndimage.gaussian_filter(random.standard_normal(lattice.shape_zyx).astype(np.float32), (6.5, 4.2, 5.0))
    return as_distance(values / values.std(), STEP_MM)


def _muscle(axes: tuple[Field, Field, Field], skin: Field, wall: Field) -> Field:
    """Everything deeper than the fat under the skin; the fat is thicker in front and at the flanks."""
    x, y, z = axes
    in_front, at_waist = 5 * np.exp(-(((y + 80) / 60) ** 2)), 4 * np.exp(-(((z + 120) / 90) ** 2))
    fat_mm = 9 + in_front + at_waist - 3 * np.exp(-((x / 40) ** 2))
    # Muscle is never thinner than the ribs need.
    muscle: Field = np.maximum(skin - fat_mm, wall + 15).astype(np.float32)
    return muscle


def _spine(axes: tuple[Field, Field, Field]) -> Field:
    """Vertebral bodies with discs between, arch, spinous and transverse processes."""
    x, y, z = axes
    y = y - np.float32(SPINE_Y_MM)
    in_segment = np.abs((z / VERTEBRA_PITCH_MM) - np.round(z / VERTEBRA_PITCH_MM)) * VERTEBRA_PITCH_MM
    round_mm = np.sqrt((x / 1.15) ** 2 + y**2)
    # Waisted: narrower at the middle of the body than at its plates.
    plate = VERTEBRA_PITCH_MM / 2 - 2.2 - in_segment
    body = rounded_min(17 - round_mm + 0.012 * in_segment**2, plate, 3)
    canal_mm = np.sqrt(x**2 + (y - 26) ** 2)
    ring = rounded_min(13 - canal_mm, canal_mm - 8.5, 2)
    arch = np.minimum(ring, 9 - in_segment)
    spinous = np.minimum(np.minimum(3.2 - np.abs(x), 7 - in_segment), np.minimum(y - 36, 56 - y))
    transverse = np.minimum(
        np.minimum(32 - np.abs(x), np.abs(x) - 10),
        4.5 - np.sqrt((y - 29 - 0.25 * (np.abs(x) - 10)) ** 2 + (0.7 * in_segment) ** 2),
    )
    united: Field = np.maximum(np.maximum(body, arch), np.maximum(spinous, transverse)).astype(np.float32)
    return united


def _diaphragm(axes: tuple[Field, Field, Field], random: np.random.Generator) -> Field:
    """Signed distance below the two domes; the right one is higher, the recess behind is deepest."""
    x, y, z = axes
    right_mm, left_mm = -62 + random.uniform(-8, 8), -76 + random.uniform(-8, 8)

    def height(center_x: float, top_mm: float) -> Field:
        side, depth = (x - center_x) / 72, (y + 18) / 98
        dome: Field = (top_mm - 62 * (0.75 * side**2 + depth**2 + 0.3 * (side**2 + depth**2) ** 2)).astype(np.float32)
        return dome

    domes = rounded_max(height(-68, right_mm), height(66, left_mm), 30)
    # The central tendon under the heart reaches the front of the chest: no lung between liver and breastbone.
    tendon = (left_mm - 8 - 40 * ((x - 6) / 62) ** 2 - 30 * (np.maximum(y + 40, 0) / 60) ** 2).astype(np.float32)
    domes = rounded_max(domes, tendon, 14)
    # The recess ends where the ribs do, a little lower behind.
    floor_mm = (-138 - 0.12 * y - 0.02 * np.abs(x)).astype(np.float32)
    return as_distance(rounded_max(domes, floor_mm, 16) - z, STEP_MM)


def _lungs(axes: tuple[Field, Field, Field], wall: Field, dome: Field, heart: Field) -> tuple[Field, Field]:
    """Signed distance to the two lungs together, and to the pleural spaces they lie in."""
    x, y, z = axes
    # Upper mediastinum: wide at the level of the great vessels, a thin septum in front and behind.
    column_mm = 27 + 7 * np.exp(-(((z - 25) / 28) ** 2)) - 6 * np.clip((z - 70) / 60, 0, 1)
    oval = (1 - np.sqrt((x / column_mm) ** 2 + ((y + 2) / 56) ** 2)) * column_mm
    column = as_distance(oval.astype(np.float32), STEP_MM)
    column = np.minimum(column, 8 + 0.25 * (z + 70))
    septum = 3.5 - np.abs(x - 4) + 0 * y + 0 * z
    spine = 21 - np.sqrt((x / 1.1) ** 2 + (y - SPINE_Y_MM) ** 2) + 0 * z
    behind = np.where(y > SPINE_Y_MM, 21 - np.abs(x) / 1.1, spine)
    aorta = 14.5 - np.sqrt((x - 20) ** 2 + (y - 44) ** 2) + np.clip((34 - z) * 10, -30, 0)
    middle = np.maximum(np.maximum(heart + 5, behind), np.maximum(septum, aorta))
    middle = rounded_max(middle.astype(np.float32), column.astype(np.float32), 10)
    lungs = rounded_min(rounded_min(wall, -middle, 8), -dome - 1.5, 7)
    return lungs.astype(np.float32), rounded_min(wall, -middle, 6).astype(np.float32)


def _abdomen(
    axes: tuple[Field, Field, Field], wall: Field, dome: Field, random: np.random.Generator
) -> dict[str, Field]:
    """Liver, spleen, stomach with a bubble of gas, and bowel gas, all under the diaphragm."""
    liver = rounded_min(ellipsoid(axes, (-62, -18, -140), (92, 98, 96)), np.minimum(dome - 2.5, wall - 3), 6)
    spleen = np.minimum(ellipsoid(axes, (98, 44, -140), (32, 44, 44)), np.minimum(dome - 2.5, wall - 3))
    stomach = np.minimum(ellipsoid(axes, (62, -22, -128), (44, 46, 44)), np.minimum(dome - 3, wall - 3))
    stomach = np.minimum(stomach, -liver - 3)
    bubble = np.minimum(stomach - 3, ellipsoid(axes, (60 + float(random.uniform(-6, 6)), -48, -112), (34, 20, 24)))
    bowel = np.maximum(ellipsoid(axes, (92, -44, -170), (26, 20, 24)), ellipsoid(axes, (20, -66, -186), (40, 18, 18)))
    bowel = np.minimum(bowel, np.minimum(wall - 6, dome - 6))
    return {"liver": liver, "spleen": spleen, "stomach": stomach, "gas": np.maximum(bubble, bowel - 2), "bowel": bowel}


def _belly(axes: tuple[Field, Field, Field], wall: Field) -> dict[str, Field]:
    """Organs of a body that is no chest: the belly, drawn over the whole height."""
    x, y, z = axes
    wall = as_distance(((1 - np.sqrt((x / 140) ** 2 + (y / 96) ** 2)) * 96 + 0 * z).astype(np.float32), STEP_MM)
    liver = np.minimum(ellipsoid(axes, (-60, -15, 90), (86, 86, 100)), wall - 3)
    spleen = np.minimum(ellipsoid(axes, (96, 34, 100), (36, 46, 56)), wall - 3)
    kidneys = np.maximum(ellipsoid(axes, (-58, 40, -10), (26, 28, 56)), ellipsoid(axes, (58, 40, 0), (26, 28, 56)))
    stomach = np.minimum(ellipsoid(axes, (50, -40, 90), (50, 40, 46)), -liver - 2)
    middles = ((-90, -50, -60), (90, -50, -40), (-20, -64, -40), (40, -60, -90), (-50, -50, -120), (0, -66, 10))
    loops = [ellipsoid(axes, middle, (24, 18, 22)) for middle in middles]
    bowel = np.maximum.reduce(loops)
    nothing = np.full_like(wall, FAR_MM)
    return {
        "wall": wall,
        "dome": nothing,
        "heart": nothing,
        "liver": liver,
        "spleen": np.maximum(spleen, kidneys),
        "stomach": stomach,
        "bowel": bowel,
        "gas": np.minimum(bowel - 3, -55 - y + 0 * bowel),
    }


def _above_fluid(axes: tuple[Field, Field, Field], *, is_prone: bool) -> Field:
    """Signed distance above the level of the fluid, which climbs a little along the chest wall."""
    x, y, z = axes
    down = -y if is_prone else y
    level: Field = (34 - 0.0012 * (np.abs(x) - 60) ** 2 + 0.12 * z - down).astype(np.float32)
    return level


def _fissures(axes: tuple[Field, Field, Field]) -> dict[str, Field]:
    """Signed distance above the oblique fissure of either lung, and above the horizontal one of the right lung.

    The horizontal one is far away where there is none: in the left lung.
    """
    x, y, z = axes
    bend = 6 * np.sin(x / 40) + 4 * np.cos(y / 35)
    oblique = np.where(
        x < 0, (z - 1.25 * y + 30 + bend) / np.hypot(1, 1.25), (z - 1.4 * y + 22 + bend) / np.hypot(1, 1.4)
    )
    horizontal = np.where(x < 0, z - 4 + 0.08 * (x + 70) + bend, 1000)
    return {"oblique_fissure": oblique.astype(np.float32), "horizontal_fissure": horizontal.astype(np.float32)}


def _parenchyma(lattice: Lattice, spec: PhantomSpec, random: np.random.Generator) -> Field:
    """HU of lung tissue: denser where gravity pulls it, faintly mottled; with holes when emphysematous."""
    _, y, z = lattice.axes()
    down = -y if spec.is_prone else y
    mottle = ndimage.gaussian_filter(random.standard_normal(lattice.shape_zyx).astype(np.float32), 2.2)
    mottle *= np.float32(7 / mottle.std())
    hu = -850 + 0.32 * down - 0.04 * z + mottle
    if spec.variant == "emphysema":
        hu = hu - 45
        holes = ndimage.gaussian_filter(random.standard_normal(lattice.shape_zyx).astype(np.float32), 1.5)
        holes /= holes.std()
        hu = hu - 110 * np.clip(holes - 0.55 + 0.006 * z, 0, 1)
        for _ in range(26):  # bullae, most of them under the tips
            center = (float(random.uniform(-100, 100)), float(random.uniform(-50, 70)), float(random.normal(95, 35)))
            radius = float(random.uniform(5, 17))
            hole = np.clip(ellipsoid(lattice.axes(), center, (radius, radius, radius)) / 2 + 0.5, 0, 1)
            hu = hu * (1 - hole) + -985 * hole
        hu = np.maximum(hu, -990)
    parenchyma: Field = hu.astype(np.float32)
    return parenchyma


def _table(axes: tuple[Field, Field, Field], scale_y: float, *, is_prone: bool) -> tuple[Field, Field]:
    """Signed distance to a curved table under the patient, and to the hollow inside it."""
    x, y, z = axes
    down = -y if is_prone else y
    top_mm = 121 * scale_y
    # Far larger radius than the body: the back touches it in the middle.
    bow = np.sqrt(np.maximum(640**2 - x**2, 0)) - 640
    depth = (down - top_mm - bow + 0 * z).astype(np.float32)
    shell = rounded_min(np.minimum(depth, 34 - depth), (172 - np.abs(x) - 0.8 * depth).astype(np.float32), 8)
    return shell, shell - 3
