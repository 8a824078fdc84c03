"""Methods by name. To add one: a module here, a line below, and the contract test picks it up.

A package of its own adds one through the entry-point group ``mfrnet_bench.methods`` instead.
Importing this module does not import torch, so that a wrong name is reported at once.
"""

from typing import TYPE_CHECKING

from harness.registry import Registry

if TYPE_CHECKING:
    from harness.methods.base import Method

METHODS: "Registry[type[Method]]" = Registry(
    "method",
    {
        "mfrnet": "harness.methods.mfrnet:MFRNetMethod",
        "gaussian": "harness.methods.gaussian:GaussianMethod",
        "constant": "harness.methods.constant:ConstantMethod",
        "patchcore": "anomalib:patchcore",
        "padim": "anomalib:padim",
        "dfm": "anomalib:dfm",
        "stfpm": "anomalib:stfpm",
        "reverse_distillation": "anomalib:reverse_distillation",
        "fastflow": "anomalib:fastflow",
        "draem": "anomalib:draem",
        "supersimplenet": "anomalib:supersimplenet",
        "efficient_ad": "anomalib:efficient_ad",
        "dinomaly": "anomalib:dinomaly",
    },
    families={"anomalib": "harness.methods.anomalib.method:make_method"},
    entry_points="mfrnet_bench.methods",
)

__all__ = ["METHODS"]
