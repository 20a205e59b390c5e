"""Trees of tapering tubes: arteries, veins, airways; ribs and great vessels as tubes too.

A tree is grown from its root towards points scattered in a lung: the bundle of points still to be reached is
split again and again, and a branch runs to each half.  The radius follows the number of points it still feeds,
as the flow would have it (Murray 1926: the cube of the radius).  So the tree fills the lung, tapers, and branches
the way a pulmonary vessel does, and is different for every seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lianyi.phantom.anatomy import LUNG_BOTTOM_MM, Anatomy
from lianyi.phantom.atlas import Atlas

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tubes:
    """Straight tapering pieces with round ends.

    Attributes:
        starts_xyz: (n, 3) LPS mm.
        ends_xyz: (n, 3) LPS mm.
        radii_mm: (n, 2) at start and end.
        parents: (n,) the piece each grows from, always an earlier one; -1 for a root.
    """

    starts_xyz: Floats
    ends_xyz: Floats
    radii_mm: Floats
    parents: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.parents)

    def clearance_mm(self, point_xyz: Floats) -> Floats:
        """Distance of each piece's surface from a point; negative inside."""
        along = self.ends_xyz - self.starts_xyz
        length2 = np.maximum((along**2).sum(axis=1), 1e-9)
        share = np.clip(((point_xyz - self.starts_xyz) * along).sum(axis=1) / length2, 0, 1)
        away = np.linalg.norm(point_xyz - self.starts_xyz - share[:, None] * along, axis=1)
        radius = self.radii_mm[:, 0] + share * (self.radii_mm[:, 1] - self.radii_mm[:, 0])
        clearance: Floats = away - radius
        return clearance

    def pruned_near(self, point_xyz: Floats, distance_mm: float, *, trunk_mm: float) -> Tubes:
        """Cut off the twigs that come nearer than *distance_mm*, with all that hangs on them.

        A trunk (radius above *trunk_mm*) in the way loses only the piece itself: a lung must not go bare.
        """
        touches = self.clearance_mm(point_xyz) < distance_mm
        is_twig = self.radii_mm[:, 0] <= trunk_mm
        hangs = touches & is_twig
        for piece in np.flatnonzero(self.parents >= 0):  # parents come first
            if hangs[self.parents[piece]]:
                hangs[piece] = True
        return self.without(touches | hangs)

    def without(self, is_cut: npt.NDArray[np.bool_]) -> Tubes:
        """Leave some pieces out; what grew from them becomes a root."""
        new_index = np.cumsum(~is_cut) - 1
        parents = np.where((self.parents >= 0) & ~is_cut[self.parents], new_index[self.parents], -1)
        return Tubes(
            starts_xyz=self.starts_xyz[~is_cut],
            ends_xyz=self.ends_xyz[~is_cut],
            radii_mm=self.radii_mm[~is_cut],
            parents=parents[~is_cut],
        )


def joined(*parts: Tubes) -> Tubes:
    """Put several trees into one value."""
    offsets = np.cumsum([0, *(len(part) for part in parts)])
    return Tubes(
        starts_xyz=np.concatenate([part.starts_xyz for part in parts]),
        ends_xyz=np.concatenate([part.ends_xyz for part in parts]),
        radii_mm=np.concatenate([part.radii_mm for part in parts]),
        parents=np.concatenate(
            [np.where(part.parents < 0, -1, part.parents + at) for part, at in zip(parts, offsets, strict=False)]
        ),
    )


def polyline(points_xyz: Floats, radii_mm: Floats) -> Tubes:
    """Give a chain of pieces through points."""
    count = len(points_xyz) - 1
    return Tubes(
        starts_xyz=points_xyz[:-1],
        ends_xyz=points_xyz[1:],
        radii_mm=np.stack([radii_mm[:-1], radii_mm[1:]], axis=1),
        parents=np.arange(count) - 1,
    )


NOTHING = Tubes(
    starts_xyz=np.zeros((0, 3)), ends_xyz=np.zeros((0, 3)), radii_mm=np.zeros((0, 2)), parents=np.zeros(0, np.int64)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How a tree grows: root and its radius, points to reach, thinnest twig, wander of the branches."""

    root_xyz: tuple[float, float, float]
    root_radius_mm: float
    twig_radius_mm: float
    wander: float = 0.13


@dataclass(slots=True)
class _Grown:
    starts: list[Floats] = field(default_factory=list)
    ends: list[Floats] = field(default_factory=list)
    radii: list[tuple[float, float]] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)

    def add(self, start: Floats, end: Floats, radii: tuple[float, float], parent: int) -> int:
        self.starts.append(start)
        self.ends.append(end)
        self.radii.append(radii)
        self.parents.append(parent)
        return len(self.parents) - 1


def grow(targets_xyz: Floats, growth: Growth, random: np.random.Generator) -> Tubes:
    """Grow one tree that reaches every target."""
    grown = _Grown()
    total = len(targets_xyz)

    def radius_of(count: int) -> float:
        return max(growth.twig_radius_mm, growth.root_radius_mm * float((count / total) ** 0.42))

    waiting: list[tuple[Floats, int, Floats, float]] = [
        (np.array(growth.root_xyz, float), -1, targets_xyz, growth.root_radius_mm)
    ]
    while waiting:
        start, parent, bundle, radius = waiting.pop()
        middle = bundle.mean(axis=0)
        is_last = len(bundle) == 1
        reach = 1.0 if is_last else (0.34 if len(bundle) > 6 else 0.5)
        end = start + (middle - start) * reach
        length = float(np.linalg.norm(end - start))
        bend = (start + end) / 2 + random.normal(0, growth.wander * length, 3)
        half = (radius + radius_of(len(bundle))) / 2
        tip = growth.twig_radius_mm * 0.6 if is_last else radius_of(len(bundle))
        parent = grown.add(start, bend, (radius, half), parent)
        parent = grown.add(bend, end, (half, tip), parent)
        if is_last:
            continue
        offsets = bundle - middle
        # Split across the direction in which the bundle is widest.
        widest = np.linalg.eigh(offsets.T @ offsets)[1][:, -1]
        order = np.argsort(offsets @ widest)
        cut = int(np.clip(round(len(bundle) * random.uniform(0.3, 0.7)), 1, len(bundle) - 1))
        parts = (bundle[order[:cut]], bundle[order[cut:]])
        waiting.extend((end, parent, part, min(radius_of(len(part)) * 1.05, tip)) for part in parts)
    return Tubes(
        starts_xyz=np.array(grown.starts),
        ends_xyz=np.array(grown.ends),
        radii_mm=np.array(grown.radii),
        parents=np.array(grown.parents, np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plumbing:
    """All tubes of a body: blood, airways (radius of the lumen), bones."""

    blood: Tubes
    airways: Tubes
    bones: Tubes


def build_plumbing(anatomy: Anatomy, seed: int) -> Plumbing:
    """Grow the trees of a body and lay out its ribs and great vessels."""
    random = np.random.default_rng([seed, 2])
    scale = np.array(anatomy.scale_xyz)
    if not anatomy.has_lungs:
        aorta = polyline(np.array([[12, 34, 200], [14, 32, 0], [8, 30, -220]]) * scale, np.array([11.0, 10.5, 9.5]))
        cava = polyline(np.array([[-18, 28, 200], [-18, 26, -220]]) * scale, np.array([12.0, 11.0]))
        return Plumbing(blood=joined(aorta, cava), airways=NOTHING, bones=NOTHING)

    blood, airways = [_great_vessels(scale)], [_central_airways(scale)]
    for side, hilum in ((-1, (-38.0, 20.0, 6.0)), (1, (42.0, 24.0, 2.0))):
        for kind, offset, radius, count in (("artery", (0, -6, 6), 7.0, 520), ("vein", (2, -16, -14), 6.0, 430)):
            targets = _scatter(anatomy.atlas, side, count, random)
            if not len(targets):
                continue
            root = tuple((np.array(hilum) + np.array(offset)) * scale)
            tree = grow(targets, Growth(root_xyz=root, root_radius_mm=radius, twig_radius_mm=0.45), random)
            blood.append(_inside(tree, anatomy.atlas))
            if kind == "artery":
                root = tuple((np.array(hilum) + np.array((0.0, 2.0, 2.0))) * scale)
                near = targets[random.permutation(len(targets))[:46]]
                tree = grow(near, Growth(root_xyz=root, root_radius_mm=4.6, twig_radius_mm=0.6), random)
                airways.append(_inside(tree, anatomy.atlas))
    return Plumbing(blood=joined(*blood), airways=joined(*airways), bones=_bones(anatomy, scale))


def _inside(tree: Tubes, atlas: Atlas) -> Tubes:
    """Leave out what a tree would drive through the heart or the diaphragm on its way to a far point."""
    middles = (tree.starts_xyz + tree.ends_xyz) / 2
    depth = np.minimum(atlas.read("lung", middles), atlas.read("lung", tree.ends_xyz))
    in_organ = np.maximum(atlas.read("heart", middles), atlas.read("dome", middles))
    return tree.without((depth < -4) & (in_organ > -1))


def _scatter(atlas: Atlas, side: int, count: int, random: np.random.Generator) -> Floats:
    """Scatter points in one lung, a little under its surface; none where that lung is absent."""
    found: list[Floats] = []
    tries = random.uniform((-150, -110, LUNG_BOTTOM_MM - 10), (150, 110, 155), (count * 40, 3))
    inside = (atlas.read("lung", tries) > 4) & (tries[:, 0] * side > 0)
    found = list(tries[inside][:count])
    return np.array(found).reshape(-1, 3)


def _great_vessels(scale: Floats) -> Tubes:
    """Aorta with its arch, pulmonary trunk and arteries, the great veins, the arch's branches."""
    turn = np.linspace(0, np.pi, 12)
    arch = np.stack([2 + 7 * (1 - np.cos(turn)), -22 + 33 * (1 - np.cos(turn)), 42 + 20 * np.sin(turn)], axis=1)
    ascending = np.array([[8, -22, -35], [0, -24, 0], [1, -23, 25]])
    descending = np.array([[18, 46, 20], [20, 47, -60], [16, 44, -130], [8, 40, -220]])
    aorta = np.concatenate([ascending, arch, descending])
    lines = [
        (aorta, np.concatenate([[15, 15, 14.5], np.full(12, 13.0), [12, 11, 10.5, 10]])),
        (np.array([[14, -38, -25], [20, -30, 5], [22, -16, 18]]), np.array([14, 13.5, 13])),
        (np.array([[22, -16, 18], [4, -4, 16], [-22, 6, 12], [-40, 14, 12]]), np.array([12, 10.5, 9.5, 7.5])),
        (np.array([[22, -16, 18], [34, 2, 18], [42, 18, 10]]), np.array([12, 10, 8])),
        (np.array([[-24, -20, 95], [-22, -16, 50], [-20, -18, 0], [-18, -20, -20]]), np.array([8, 9, 9.5, 10])),
        (np.array([[-24, -20, 95], [-34, -10, 130], [-40, 0, 165]]), np.array([8, 7, 6])),
        (np.array([[-22, -22, 78], [10, -30, 84], [34, -12, 118], [42, 0, 160]]), np.array([7.5, 7, 6.5, 6])),
        (np.array([[2, -16, 58], [-12, -8, 95], [-24, 2, 150]]), np.array([6, 5.5, 4.5])),
        (np.array([[12, 2, 62], [16, 4, 110], [24, 10, 160]]), np.array([4.5, 4, 4])),
        (np.array([[18, 20, 60], [26, 24, 100], [38, 20, 140]]), np.array([5, 4.5, 4.5])),
        (np.array([[-14, 4, -40], [-20, 6, -90], [-22, 24, -200]]), np.array([12, 11.5, 11])),
        (np.array([[-38, 4, -10], [-4, 14, -16], [40, 8, -12]]), np.array([7, 14, 7])),
    ]
    return joined(*(polyline(points * scale, radii.astype(float)) for points, radii in lines))


def _central_airways(scale: Floats) -> Tubes:
    """Trachea, carina and the two main bronchi; the left one is longer and flatter."""
    lines = [
        (np.array([[0, 0, 200], [0, 6, 150], [-1, 12, 100], [-2, 20, 44]]), np.array([9.0, 8.8, 8.5, 8.6])),
        (np.array([[-2, 20, 44], [-18, 23, 25], [-38, 22, 8]]), np.array([7.6, 6.8, 5.2])),
        (np.array([[-2, 20, 44], [20, 24, 24], [42, 26, 4]]), np.array([7.2, 6.2, 5.0])),
    ]
    return joined(*(polyline(points * scale, radii) for points, radii in lines))


def _bones(anatomy: Anatomy, scale: Floats) -> Tubes:
    """Ribs that run down and forward outside the chest wall, the sternum, clavicles and shoulder blades."""
    lines: list[tuple[Floats, Floats]] = []
    for rib in range(11):
        head_z = 132.0 - 25.0 * rib
        length = np.pi * (0.97 if 1 <= rib < 7 else 0.82 if rib < 9 else 0.6)
        drop = 34 + 5.5 * min(rib, 7)
        angle = np.linspace(0.13, length, 22)
        for side in (-1, 1):
            z = head_z - drop * (1 - np.cos(np.minimum(angle, 2.6))) / 1.86 + 10 * np.clip(angle - 2.4, 0, 1)
            path = _along_wall(anatomy.atlas, np.stack([side * np.sin(angle), np.cos(angle)], 1), z * scale[2])
            # Two round pieces one above the other give a rib's tall section.
            lines.extend((path + np.array((0.0, 0.0, lift)), np.full(22, 3.4)) for lift in (-2.6, 2.6))
    sternum = [np.array([[x, -79, 68], [x, -92, 0], [x * 0.7, -99, -70]]) for x in (-12, -7, -2.4, 2.4, 7, 12)]
    lines.extend((points * scale, np.array([5.2, 4.8, 4.2])) for points in sternum)
    for side in (-1, 1):
        clavicle = np.array([[14, -66, 88], [50, -62, 112], [100, -36, 130], [150, -8, 140]]) * scale
        blade = [
            np.array([[92, 92, 128], [108, 96, 60], [100, 100, -5]]),
            np.array([[150, 54, 128], [118, 92, 80], [100, 100, -5]]),
        ]
        humerus = np.array([[150, 50, 132], [158, 40, 150], [166, 30, 170]]) * scale
        lines.append((clavicle * (side, 1, 1), np.full(4, 5.5)))
        lines.append((humerus * (side, 1, 1), np.array([16.0, 15, 12])))
        lines.extend((points * scale * (side, 1, 1), np.full(3, 3.0)) for points in blade)
    return joined(*(polyline(points, radii.astype(float)) for points, radii in lines))


def _along_wall(atlas: Atlas, directions_xy: Floats, z_mm: Floats) -> Floats:
    """Walk outwards from the middle in each direction until 5 mm outside the chest wall."""
    steps = np.arange(5.0, 190.0, 1.0)
    points = np.empty((len(z_mm), len(steps), 3))
    points[..., :2] = directions_xy[:, None, :] * steps[None, :, None] + (0.0, 2.0)
    points[..., 2] = z_mm[:, None]
    # Above the tips the wall is a point: the ribs keep the ring that the first one makes.
    points[..., 2] = np.minimum(points[..., 2], 112.0)
    outside = atlas.read("wall", points) < -5.0
    first = np.argmax(outside, axis=1)
    chosen: Floats = points[np.arange(len(z_mm)), first]
    chosen[:, 2] = z_mm
    return chosen
