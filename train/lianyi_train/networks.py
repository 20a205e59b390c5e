"""The two networks, in PyTorch; :mod:`lianyi_train.export` turns them into ONNX."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PRIOR_LOGIT = -4.6
"""A cell holds a nodule's centre about once in a hundred: training starts there."""


class Residual(nn.Module):
    """Two 3 x 3 x 3 convolutions and the way around them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv3d(channels, channels, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm3d(channels)
        self.second = nn.Conv3d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm3d(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Give features of the same shape."""
        inner = functional.relu(self.first_norm(self.first(features)), inplace=True)
        return functional.relu(features + self.second_norm(self.second(inner)), inplace=True)


class Proposals(nn.Module):
    """Fully convolutional: (n, 2, k, j, i) at 1 mm in, (n, 5, k/4, j/4, i/4) out.

    Channels in: grey from -1 to 1, and 1 where scanned.  Out: logit, offsets k, j, i in mm, log(diameter / 8 mm).
    Most of the work is done at 4 mm; the stem folds 2 x 2 x 2 voxels into channels, so that nothing small is lost.
    """

    def __init__(self, widths: tuple[int, int, int] = (24, 48, 96), blocks: tuple[int, int, int] = (1, 2, 2)) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.stem = nn.Sequential(
            nn.Conv3d(16, fine, 3, padding=1, bias=False),
            nn.BatchNorm3d(fine),
            nn.ReLU(inplace=True),
            *(Residual(fine) for _ in range(blocks[0])),
        )
        self.middle = nn.Sequential(_halve(fine, middle), *(Residual(middle) for _ in range(blocks[1])))
        self.coarse = nn.Sequential(_halve(middle, coarse), *(Residual(coarse) for _ in range(blocks[2])))
        self.back = nn.Conv3d(coarse, middle, 1)
        self.joined = Residual(middle)
        self.out = nn.Conv3d(middle, 5, 1)
        nn.init.zeros_(self.out.weight)
        assert self.out.bias is not None
        with torch.no_grad():
            self.out.bias.zero_()
            self.out.bias[0] = PRIOR_LOGIT

    def forward(self, image: Tensor) -> Tensor:
        """Give the cells."""
        middle = self.middle(self.stem(fold_by_two(image)))
        coarse = functional.interpolate(self.back(self.coarse(middle)), scale_factor=2.0, mode="nearest")
        return self.out(self.joined(middle + coarse))


def fold_by_two(image: Tensor) -> Tensor:
    """Fold every 2 x 2 x 2 voxels into channels: (n, c, k, j, i) to (n, 8 c, k/2, j/2, i/2)."""
    n, c, k, j, i = image.shape
    folded = image.reshape(n, c, k // 2, 2, j // 2, 2, i // 2, 2).permute(0, 1, 3, 5, 7, 2, 4, 6)
    return folded.reshape(n, 8 * c, k // 2, j // 2, i // 2)


def _halve(channels: int, to: int) -> nn.Module:
    return nn.Sequential(nn.Conv3d(channels, to, 2, stride=2, bias=False), nn.BatchNorm3d(to), nn.ReLU(inplace=True))


class Refinement(nn.Module):
    """The second look: cubes (n, 2, 32, 32, 32) around proposed places in; what each is, and its outline, out.

    Out: ``nodule`` (n,) logit; ``density`` (n, 3) logits of ground-glass, part-solid, solid; ``mask`` (n, 32, 32, 32)
    logits; ``suspicion`` (n,) the readers' malignancy rating; ``offset`` (n, 3) k, j, i in mm from the cube's centre.
    What it says of the nodule is read from its own mask and from the cube's middle.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 128)) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.fine = nn.Sequential(
            nn.Conv3d(16, fine, 3, padding=1, bias=False),
            nn.BatchNorm3d(fine),
            nn.ReLU(inplace=True),
            Residual(fine),
            Residual(fine),
        )
        self.middle = nn.Sequential(_halve(fine, middle), Residual(middle), Residual(middle))
        self.coarse = nn.Sequential(_halve(middle, coarse), Residual(coarse))
        self.up_middle = nn.Conv3d(coarse, middle, 1)
        self.join_middle = Residual(middle)
        self.up_fine = nn.Conv3d(middle, fine, 1)
        self.join_fine = Residual(fine)
        self.unfold = nn.Conv3d(fine, 8 * 8, 1)
        self.outline = nn.Sequential(
            nn.Conv3d(10, 12, 3, padding=1), nn.ReLU(inplace=True), nn.Conv3d(12, 1, 3, padding=1)
        )
        self.judge = nn.Sequential(
            nn.Linear(2 * coarse + middle + 2 * fine + 2, 128),
            nn.ReLU(inplace=True),
            nn.Dropout(0.2),
            nn.Linear(128, 8),
        )

    def forward(self, cubes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Give nodule, density, mask, suspicion, offset."""
        fine = self.fine(fold_by_two(cubes))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.join_middle(
            middle + functional.interpolate(self.up_middle(coarse), scale_factor=2.0, mode="nearest")
        )
        fine = self.join_fine(fine + functional.interpolate(self.up_fine(middle), scale_factor=2.0, mode="nearest"))
        mask = self.outline(torch.cat((unfold_by_two(self.unfold(fine)), cubes), dim=1))[:, 0]
        inside = torch.sigmoid(mask.float()) * cubes[:, 1]
        weight = functional.avg_pool3d(inside[:, None], 2)
        weight = weight / (weight.sum(dim=(2, 3, 4), keepdim=True) + 0.5)
        grey = cubes[:, 0]
        share = inside / (inside.sum(dim=(1, 2, 3), keepdim=True) + 4.0)
        mean = (grey * share).sum(dim=(1, 2, 3))
        spread = ((grey - mean[:, None, None, None]) ** 2 * share).sum(dim=(1, 2, 3))
        seen = torch.cat(
            (
                coarse.mean(dim=(2, 3, 4)),
                coarse[:, :, 1:3, 1:3, 1:3].mean(dim=(2, 3, 4)),
                middle[:, :, 3:5, 3:5, 3:5].mean(dim=(2, 3, 4)),
                fine[:, :, 7:9, 7:9, 7:9].mean(dim=(2, 3, 4)),
                (fine * weight).sum(dim=(2, 3, 4)),
                mean[:, None],
                spread[:, None],
            ),
            dim=1,
        )
        said = self.judge(seen)
        return said[:, 0], said[:, 1:4], mask, 3.0 + said[:, 4], said[:, 5:8]


def unfold_by_two(features: Tensor) -> Tensor:
    """Undo :func:`fold_by_two`: (n, 8 c, k, j, i) to (n, c, 2 k, 2 j, 2 i)."""
    n, c, k, j, i = features.shape
    apart = features.reshape(n, c // 8, 2, 2, 2, k, j, i).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return apart.reshape(n, c // 8, 2 * k, 2 * j, 2 * i)
