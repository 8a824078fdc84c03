"""MFRNet: unsupervised anomaly detection by restoring masked features of a frozen backbone."""

from mfrnet.aggregator import grid_for
from mfrnet.anomaly_map import AnomalyMaps, image_scores, upsample_and_smooth
from mfrnet.backbone import (
    FILTER_BANK,
    Backbone,
    LayerInfo,
    backbone_of,
    check_layers,
    load_backbone,
    load_network,
)
from mfrnet.detector import Detector, calibrate, check_masks, fit_detector, global_batch_size, num_steps
from mfrnet.detector_state import detector_of, tensors_of, tensors_of_trained, trained_of
from mfrnet.features import FeatureStack, extract_features
from mfrnet.images import Images, images_array
from mfrnet.model import MFRNet
from mfrnet.settings import BackboneSettings, MapSettings, MFRNetSettings
from mfrnet.trained import Trained, train
from mfrnet.weight_packages import installed_backbones, package_of, packaged_weights
from mfrnet.weights import LocalWeights, check_options

__all__ = [
    "FILTER_BANK",
    "AnomalyMaps",
    "Backbone",
    "BackboneSettings",
    "Detector",
    "FeatureStack",
    "Images",
    "LayerInfo",
    "LocalWeights",
    "MFRNet",
    "MFRNetSettings",
    "MapSettings",
    "Trained",
    "backbone_of",
    "calibrate",
    "check_layers",
    "check_masks",
    "check_options",
    "detector_of",
    "extract_features",
    "fit_detector",
    "global_batch_size",
    "grid_for",
    "image_scores",
    "images_array",
    "installed_backbones",
    "load_backbone",
    "load_network",
    "num_steps",
    "package_of",
    "packaged_weights",
    "tensors_of",
    "tensors_of_trained",
    "train",
    "trained_of",
    "upsample_and_smooth",
]
