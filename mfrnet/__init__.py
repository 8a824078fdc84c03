"""MFRNet: unsupervised anomaly detection by restoring masked features of a frozen backbone."""

from mfrnet.anomaly_map import AnomalyMaps, image_scores, upsample_and_smooth
from mfrnet.backbone import FILTER_BANK, Backbone, LayerInfo, check_layers, load_backbone, load_network
from mfrnet.detector import Detector, check_grid, check_masks, fit_detector, global_batch_size
from mfrnet.features import FeatureStack, extract_features
from mfrnet.model import MFRNet, settings_from
from mfrnet.settings import BackboneSettings, MapSettings, MFRNetSettings
from mfrnet.weights import LocalWeights

__all__ = [
    "FILTER_BANK",
    "AnomalyMaps",
    "Backbone",
    "BackboneSettings",
    "Detector",
    "FeatureStack",
    "LayerInfo",
    "LocalWeights",
    "MFRNet",
    "MFRNetSettings",
    "MapSettings",
    "check_grid",
    "check_layers",
    "check_masks",
    "extract_features",
    "fit_detector",
    "global_batch_size",
    "image_scores",
    "load_backbone",
    "load_network",
    "settings_from",
    "upsample_and_smooth",
]
