"""Methods by name. To add one: a module here, a line below, and the contract test picks it up.

Importing this loads no torch: a wrong name is answered at once.
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
    families={"anomalib": "harness.methods.anomalib:method_of"},
)

__all__ = ["METHODS"]
