"""Three endless surfaces: woven fabric, granite tile, oriented wood."""

import numpy as np

from harness.datasets.demo import defects
from harness.datasets.demo.canvas import COLUMNS, ROWS, Camera, Picture, noise, tint
from harness.datasets.demo.defects import Damaged
from harness.synthetic.exact import ExactRng, smooth_step, wave


class Fabric:
    """Plain weave of two yarns; phase, yarn width and tension vary from piece to piece."""

    kinds: tuple[str, ...] = ("cut", "hole", "misweave", "stain")
    camera = Camera(gain=0.12, slope=0.2, cast=0.02, grain=0.05)

    def normal(self, rng: ExactRng) -> Picture:
        """A piece without a defect."""
        return self._weave(rng, rng.between(7.6, 8.4), rng.between(7.6, 8.4))

    def defective(self, rng: ExactRng, kind: str) -> Damaged:
        """A piece with one defect of ``kind``."""
        scene = self.normal(rng)
        centre = defects.anywhere(rng)
        if kind == "cut":
            return defects.scratch(scene, rng, centre, rng.between(24, 44), rng.between(2.0, 3.2), -0.27)
        if kind == "hole":
            return defects.cover(scene, rng, centre, rng.between(6, 9), (0.22, 0.23, 0.26))
        if kind == "misweave":
            coarse = self._weave(rng, rng.between(12.0, 14.0), rng.between(5.0, 6.0))
            return defects.transplant(scene, coarse, rng, centre, rng.between(11, 16))
        return defects.stain(scene, rng, centre, rng.between(9, 14), (0.8, 0.66, 0.5))

    def _weave(self, rng: ExactRng, warp_px: float, weft_px: float) -> Picture:
        row, column = rng.between(-0.06, 0.06), 1.0
        sway = (noise(rng, 40.0) - 0.5) * 3.0
        across = (COLUMNS * column + ROWS * row + sway) / warp_px + rng.between(0, 1)
        down = (ROWS * column - COLUMNS * row + (noise(rng, 40.0) - 0.5) * 3.0) / weft_px + rng.between(0, 1)
        warp, weft = np.floor(across), np.floor(down)
        warp_profile = 0.45 + 0.55 * wave((across - warp) / 2.0)
        weft_profile = 0.45 + 0.55 * wave((down - weft) / 2.0)
        warp_on_top = np.mod(warp + weft, 2.0) < 0.5
        # Each yarn has its own shade, as dyed yarn does.
        warp_shade = rng.uniform_array(64)[np.mod(warp, 64).astype(np.int64)] * 0.12
        weft_shade = rng.uniform_array(64)[np.mod(weft, 64).astype(np.int64)] * 0.12
        fuzz = (noise(rng, 2.0) - 0.5) * 0.12
        over = tint(warp_profile * (0.75 + 0.25 * weft_profile) + warp_shade + fuzz - 0.06, (0.62, 0.56, 0.47))
        under = tint(weft_profile * (0.75 + 0.25 * warp_profile) + weft_shade + fuzz - 0.06, (0.47, 0.53, 0.62))
        return np.clip(np.where(warp_on_top[:, :, None], over, under) + 0.12, 0.0, 1.0)


class Tile:
    """Speckled granite: grains of two colours in a mottled ground, nowhere the same."""

    kinds: tuple[str, ...] = ("chip", "crack", "discoloured", "glue", "smooth")
    camera = Camera(gain=0.1, slope=0.2, cast=0.03, grain=0.04)

    def normal(self, rng: ExactRng) -> Picture:
        """A tile without a defect."""
        mottle = 0.6 * noise(rng, 26.0) + 0.4 * noise(rng, 9.0)
        scene = tint(0.52 + 0.12 * mottle, (1.0, 0.95, 0.88))
        for cell_px, level, colour in (
            (2.2, 0.66, (0.3, 0.29, 0.3)),
            (2.0, 0.68, (0.8, 0.77, 0.73)),
            (2.6, 0.72, (0.5, 0.38, 0.33)),
        ):
            grains = smooth_step((noise(rng, cell_px) - level) * 9.0)
            scene = scene * (1.0 - grains[:, :, None]) + grains[:, :, None] * np.asarray(colour)
        return scene

    def defective(self, rng: ExactRng, kind: str) -> Damaged:
        """A tile with one defect of ``kind``."""
        scene = self.normal(rng)
        centre = defects.anywhere(rng)
        if kind == "crack":
            return defects.scratch(scene, rng, centre, rng.between(40, 70), rng.between(2.6, 3.6), -0.36)
        if kind == "chip":
            return defects.cover(scene, rng, centre, rng.between(7, 10), (0.26, 0.24, 0.23))
        if kind == "discoloured":
            return defects.stain(scene, rng, centre, rng.between(11, 16), (0.84, 0.9, 1.1))
        if kind == "glue":
            return defects.cover(scene, rng, centre, rng.between(8, 12), (0.74, 0.7, 0.6))
        return defects.smear(scene, rng, centre, rng.between(13, 18), 5, 1.1)


class Wood:
    """Planed wood: grain along one slightly varying direction, early and late wood alternating."""

    kinds: tuple[str, ...] = ("dent", "knot", "scratch", "stain", "turned")
    camera = Camera(gain=0.14, slope=0.25, cast=0.04, grain=0.04)

    def normal(self, rng: ExactRng) -> Picture:
        """A board without a defect."""
        return self._grain(rng, rng.between(-0.1, 0.1))

    def defective(self, rng: ExactRng, kind: str) -> Damaged:
        """A board with one defect of ``kind``."""
        scene = self.normal(rng)
        centre = defects.anywhere(rng)
        if kind == "scratch":
            return defects.scratch(scene, rng, centre, rng.between(26, 48), rng.between(1.8, 2.8), 0.28)
        if kind == "knot":
            return defects.cover(scene, rng, centre, rng.between(6, 10), (0.36, 0.23, 0.14))
        if kind == "stain":
            return defects.stain(scene, rng, centre, rng.between(10, 15), (0.78, 0.82, 0.98))
        if kind == "turned":
            return defects.transplant(scene, self._grain(rng, rng.sign() * 1.2), rng, centre, rng.between(11, 16))
        return defects.smear(scene, rng, centre, rng.between(12, 16), 6, 0.84)

    def _grain(self, rng: ExactRng, lean: float) -> Picture:
        length = float(np.sqrt(1.0 + lean * lean))
        across = (COLUMNS + lean * ROWS) / length
        along = (ROWS - lean * COLUMNS) / length
        bend = noise(rng, 30.0, along / 4.0, across) * 26.0
        rings = wave((across + bend) / rng.between(12.0, 15.0) + rng.between(0, 1))
        fibre = noise(rng, 1.6, along / 14.0, across) - 0.5
        streaks = noise(rng, 5.0, along / 10.0, across) - 0.5
        shade = 0.62 + 0.1 * rings + 0.16 * fibre + 0.14 * streaks
        return np.clip(tint(shade, (1.0, 0.77, 0.52)), 0.0, 1.0)
