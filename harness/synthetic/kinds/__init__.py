"""Kinds of defects, one per module: each maps a scene and a random generator to a change of the image."""

from collections.abc import Callable, Mapping

from harness.synthetic.exact import ExactRng
from harness.synthetic.kinds.blur_noise import blur_noise
from harness.synthetic.kinds.cut_paste import cut_paste
from harness.synthetic.kinds.missing_part import missing_part
from harness.synthetic.kinds.perlin_texture import perlin_texture
from harness.synthetic.kinds.scratch import scratch
from harness.synthetic.kinds.shading import shading
from harness.synthetic.kinds.worn_texture import worn_texture
from harness.synthetic.scene import Change, Scene

MAKERS: Mapping[str, Callable[[Scene, ExactRng], Change]] = {
    "cut_paste": cut_paste,
    "perlin_texture": perlin_texture,
    "scratch": scratch,
    "blur_noise": blur_noise,
    "missing_part": missing_part,
    "shading": shading,
    "worn_texture": worn_texture,
}

KINDS = tuple(MAKERS)
"""Every kind, in the order in which `make_defects` deals them out."""
