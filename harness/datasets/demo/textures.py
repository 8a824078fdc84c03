"""Three endless surfaces: woven fabric, granite tile, oriented wood."""

import numpy as np

from harness.datasets.demo import defects
from harness.datasets.demo.canvas import COLUMNS, ROWS, Camera, Picture, noise, tint
from harness.datasets.demo.defects import Damaged
from harness.synthetic.exact import Dice, smooth_step, wave


class Fabric:
    """Plain weave of two yarns; phase, yarn width and tension vary from piece to piece."""

    kinds: tuple[str, ...] = ("cut", "hole", "misweave", "stain")
    camera = Camera(gain=0.12, slope=0.2, cast=0.02, grain=0.05)

    def normal(self, dice: Dice) -> Picture:
        """A piece without a defect."""
        return self._weave(dice, dice.between(7.6, 8.4), dice.between(7.6, 8.4))

    def defective(self, dice: Dice, kind: str) -> Damaged:
        """A piece with one defect of ``kind``."""
        scene = self.normal(dice)
        centre = defects.anywhere(dice)
        if kind == "cut":
            return defects.scratch(scene, dice, centre, dice.between(24, 44), dice.between(2.0, 3.2), -0.27)
        if kind == "hole":
            return defects.cover(scene, dice, centre, dice.between(6, 9), (0.22, 0.23, 0.26))
        if kind == "misweave":
            coarse = self._weave(dice, dice.between(12.0, 14.0), dice.between(5.0, 6.0))
            return defects.transplant(scene, coarse, dice, centre, dice.between(11, 16))
        return defects.stain(scene, dice, centre, dice.between(9, 14), (0.8, 0.66, 0.5))

    def _weave(self, dice: Dice, warp_px: float, weft_px: float) -> Picture:
        row, column = dice.between(-0.06, 0.06), 1.0
        sway = (noise(dice, 40.0) - 0.5) * 3.0
        across = (COLUMNS * column + ROWS * row + sway) / warp_px + dice.between(0, 1)
        down = (ROWS * column - COLUMNS * row + (noise(dice, 40.0) - 0.5) * 3.0) / weft_px + dice.between(0, 1)
        warp, weft = np.floor(across), np.floor(down)
        warp_profile = 0.45 + 0.55 * wave((across - warp) / 2.0)
        weft_profile = 0.45 + 0.55 * wave((down - weft) / 2.0)
        warp_on_top = np.mod(warp + weft, 2.0) < 0.5
        # Each yarn has its own shade, as dyed yarn does.
        warp_shade = dice.uniform_array(64)[np.mod(warp, 64).astype(np.int64)] * 0.12
        weft_shade = dice.uniform_array(64)[np.mod(weft, 64).astype(np.int64)] * 0.12
        fuzz = (noise(dice, 2.0) - 0.5) * 0.12
        over = tint(warp_profile * (0.75 + 0.25 * weft_profile) + warp_shade + fuzz - 0.06, (0.62, 0.56, 0.47))
        under = tint(weft_profile * (0.75 + 0.25 * warp_profile) + weft_shade + fuzz - 0.06, (0.47, 0.53, 0.62))
        return np.clip(np.where(warp_on_top[:, :, None], over, under) + 0.12, 0.0, 1.0)


class Tile:
    """Speckled granite: grains of two colours in a mottled ground, nowhere the same."""

    kinds: tuple[str, ...] = ("chip", "crack", "discoloured", "glue", "smooth")
    camera = Camera(gain=0.1, slope=0.2, cast=0.03, grain=0.04)

    def normal(self, dice: Dice) -> Picture:
        """A tile without a defect."""
        mottle = 0.6 * noise(dice, 26.0) + 0.4 * noise(dice, 9.0)
        scene = tint(0.52 + 0.12 * mottle, (1.0, 0.95, 0.88))
        for cell_px, level, colour in (
            (2.2, 0.66, (0.3, 0.29, 0.3)),
            (2.0, 0.68, (0.8, 0.77, 0.73)),
            (2.6, 0.72, (0.5, 0.38, 0.33)),
        ):
            grains = smooth_step((noise(dice, cell_px) - level) * 9.0)
            scene = scene * (1.0 - grains[:, :, None]) + grains[:, :, None] * np.asarray(colour)
        return scene

    def defective(self, dice: Dice, kind: str) -> Damaged:
        """A tile with one defect of ``kind``."""
        scene = self.normal(dice)
        centre = defects.anywhere(dice)
        if kind == "crack":
            return defects.scratch(scene, dice, centre, dice.between(40, 70), dice.between(2.6, 3.6), -0.36)
        if kind == "chip":
            return defects.cover(scene, dice, centre, dice.between(7, 10), (0.26, 0.24, 0.23))
        if kind == "discoloured":
            return defects.stain(scene, dice, centre, dice.between(11, 16), (0.84, 0.9, 1.1))
        if kind == "glue":
            return defects.cover(scene, dice, centre, dice.between(8, 12), (0.74, 0.7, 0.6))
        return defects.smear(scene, dice, centre, dice.between(13, 18), 5, 1.1)


class Wood:
    """Planed wood: grain along one slightly varying direction, early and late wood alternating."""

    kinds: tuple[str, ...] = ("dent", "knot", "scratch", "stain", "turned")
    camera = Camera(gain=0.14, slope=0.25, cast=0.04, grain=0.04)

    def normal(self, dice: Dice) -> Picture:
        """A board without a defect."""
        return self._grain(dice, dice.between(-0.1, 0.1))

    def defective(self, dice: Dice, kind: str) -> Damaged:
        """A board with one defect of ``kind``."""
        scene = self.normal(dice)
        centre = defects.anywhere(dice)
        if kind == "scratch":
            return defects.scratch(scene, dice, centre, dice.between(26, 48), dice.between(1.8, 2.8), 0.28)
        if kind == "knot":
            return defects.cover(scene, dice, centre, dice.between(6, 10), (0.36, 0.23, 0.14))
        if kind == "stain":
            return defects.stain(scene, dice, centre, dice.between(10, 15), (0.78, 0.82, 0.98))
        if kind == "turned":
            return defects.transplant(scene, self._grain(dice, dice.sign() * 1.2), dice, centre, dice.between(11, 16))
        return defects.smear(scene, dice, centre, dice.between(12, 16), 6, 0.84)

    def _grain(self, dice: Dice, lean: float) -> Picture:
        length = float(np.sqrt(1.0 + lean * lean))
        across = (COLUMNS + lean * ROWS) / length
        along = (ROWS - lean * COLUMNS) / length
        bend = noise(dice, 30.0, along / 4.0, across) * 26.0
        rings = wave((across + bend) / dice.between(12.0, 15.0) + dice.between(0, 1))
        fibre = noise(dice, 1.6, along / 14.0, across) - 0.5
        streaks = noise(dice, 5.0, along / 10.0, across) - 0.5
        shade = 0.62 + 0.1 * rings + 0.16 * fibre + 0.14 * streaks
        return np.clip(tint(shade, (1.0, 0.77, 0.52)), 0.0, 1.0)
