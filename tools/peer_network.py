"""The peer: MONAI's RetinaNet as its bundle ``lung_nodule_ct_detection`` configures it, with random weights.

Every part is MONAI's own.  Only their joining is ours: MONAI's builder takes the class that ends a ResNet after a
given layer from torchvision, which would have to match the build of torch.

Source: Project-MONAI/model-zoo, models/lung_nodule_ct_detection/configs/inference.json, commit 003970e5: resnet50 in
three dimensions, first kernel 7 x 7 x 7 with stride 2 x 2 x 1; pyramid of layers 1 and 2 and a pooled third level;
one class, three anchors a voxel.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch
from monai.apps.detection.networks.retinanet_network import RetinaNet
from monai.networks.blocks.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool
from monai.networks.nets.resnet import resnet50
from peer_windows import STEP, Ijk
from torch import Tensor, nn

PYRAMID_CHANNELS = 256
LEVELS = 3


class _Features(nn.Module):
    """ResNet-50 as far as its second layer, and the pyramid over layers 1 and 2."""

    def __init__(self) -> None:
        super().__init__()
        whole = resnet50(spatial_dims=3, n_input_channels=1, conv1_t_stride=[2, 2, 1], conv1_t_size=[7, 7, 7])
        channels = whole.in_planes // 8  # of layer 1; in_planes are layer 4's
        self.stem = nn.Sequential(whole.conv1, whole.bn1, whole.act, whole.maxpool)
        self.first, self.second = whole.layer1, whole.layer2
        self.pyramid = FeaturePyramidNetwork(
            spatial_dims=3,
            in_channels_list=[channels, 2 * channels],
            out_channels=PYRAMID_CHANNELS,
            extra_blocks=LastLevelMaxPool(3),
        )
        self.out_channels = PYRAMID_CHANNELS  # RetinaNet asks for it

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Give the three levels, finest first."""
        first = self.first(self.stem(image))
        return self.pyramid({"0": first, "1": self.second(first)})


def peer() -> nn.Module:
    """Give the network: (1, 1, i, j, k) grey from 0 to 1 in; scores, then boxes, of each of three levels out."""
    return RetinaNet(
        spatial_dims=3,
        num_classes=1,
        num_anchors=3,
        feature_extractor=_Features(),
        size_divisible=STEP,
        use_list_output=True,
    ).eval()


def export_peer(network: nn.Module, window: Ijk, file: Path) -> bytes:
    """Write the network as ONNX for windows of one shape, and give the file's bytes."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of torchvision, which is not needed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PyTorch's own exporter uses what PyTorch gives up
        torch.onnx.export(
            network,
            (torch.zeros(1, 1, *window),),
            str(file),
            input_names=["image"],
            output_names=[f"{what}-{level}" for what in ("scores", "boxes") for level in range(LEVELS)],
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return file.read_bytes()
