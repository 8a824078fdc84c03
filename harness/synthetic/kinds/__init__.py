"""Kinds of defects, one a module: from a scene and dice to what is put where."""

from collections.abc import Callable, Mapping

from harness.synthetic.exact import Dice
from harness.synthetic.kinds.blur_noise import blur_noise
from harness.synthetic.kinds.cut_paste import cut_paste
from harness.synthetic.kinds.missing_part import missing_part
from harness.synthetic.kinds.perlin_texture import perlin_texture
from harness.synthetic.kinds.scratch import scratch
from harness.synthetic.scene import Change, Scene

MAKERS: Mapping[str, Callable[[Scene, Dice], Change]] = {
    "cut_paste": cut_paste,
    "perlin_texture": perlin_texture,
    "scratch": scratch,
    "blur_noise": blur_noise,
    "missing_part": missing_part,
}

KINDS = tuple(MAKERS)
"""Every kind, in the order in which `make_defects` deals them out."""
