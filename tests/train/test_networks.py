"""The two networks: what goes in and what comes out, and that nothing is lost where voxels become channels."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from lianyi_train.networks import Proposals, Refinement, fold_by_two, unfold_by_two  # noqa: E402


@pytest.mark.parametrize("shape", [(32, 64, 64), (16, 24, 40)])
def test_proposals_answer_in_cells_of_4_mm(shape: tuple[int, int, int]) -> None:
    k, j, i = shape

    cells = Proposals().eval()(torch.zeros(2, 2, k, j, i))

    assert tuple(cells.shape) == (2, 5, k // 4, j // 4, i // 4)


def test_an_untrained_network_expects_a_nodule_in_one_cell_of_a_hundred() -> None:
    cells = Proposals().eval()(torch.randn(1, 2, 16, 16, 16))

    assert torch.sigmoid(cells[:, 0]).mean().item() == pytest.approx(0.01, abs=0.001)
    assert not cells[:, 1:].any()


def test_a_refinement_gives_what_the_product_reads() -> None:
    nodule, density, mask, suspicion, offset = Refinement().eval()(torch.randn(3, 2, 32, 32, 32))

    assert tuple(nodule.shape) == (3,)
    assert tuple(density.shape) == (3, 3)
    assert tuple(mask.shape) == (3, 32, 32, 32)
    assert tuple(suspicion.shape) == (3,)
    assert tuple(offset.shape) == (3, 3)


def test_a_cube_is_judged_alone_whatever_else_is_in_the_batch() -> None:
    torch.manual_seed(2)
    network, cubes = Refinement().eval(), torch.randn(2, 2, 32, 32, 32)

    together, alone = network(cubes), network(cubes[:1])

    for one, other in zip(together, alone, strict=True):
        assert torch.allclose(one[:1], other, atol=1e-4)


def test_what_was_folded_is_unfolded() -> None:
    image = torch.arange(2 * 3 * 4 * 6 * 8, dtype=torch.float32).reshape(2, 3, 4, 6, 8)

    folded = fold_by_two(image)

    assert tuple(folded.shape) == (2, 24, 2, 3, 4)
    assert torch.equal(unfold_by_two(folded), image)


def test_eight_neighbouring_voxels_become_the_channels_of_one() -> None:
    image = torch.arange(64, dtype=torch.float32).reshape(1, 1, 4, 4, 4)

    corner = fold_by_two(image)[0, :, 0, 0, 0]

    assert corner.tolist() == image[0, 0, :2, :2, :2].flatten().tolist()


def test_the_networks_are_small_enough_to_ship() -> None:
    numbers = sum(math.prod(p.shape) for network in (Proposals(), Refinement()) for p in network.parameters())

    # Two bytes each, at most 15 MB together.
    assert 2 * numbers <= 15e6
