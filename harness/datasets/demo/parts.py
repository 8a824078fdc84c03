"""Two objects before a background: a hexagon nut and a small circuit board."""

import numpy as np

from harness.datasets.demo import defects
from harness.datasets.demo.canvas import COLUMNS, ROWS, SIZE_PX, Camera, Picture, box, disc, noise, paint, tint
from harness.datasets.demo.defects import Damaged, Mask
from harness.synthetic.exact import ExactRng, Plane, inside, unit_vector, wave

_MIDDLE = (SIZE_PX - 1) / 2.0
_SIN_60 = float(np.sqrt(0.75))
_BORE_PX = 18.0


class Nut:
    """A hexagon nut on a belt; position, rotation and light vary."""

    kinds: tuple[str, ...] = ("blocked", "chipped", "rust", "scratch")
    camera = Camera(gain=0.12, slope=0.3, cast=0.02, grain=0.04)

    def normal(self, rng: ExactRng) -> Picture:
        """A sound nut."""
        return self._render(rng, "good")[0]

    def defective(self, rng: ExactRng, kind: str) -> Damaged:
        """A nut with one defect of ``kind``."""
        return self._render(rng, kind)

    def _render(self, rng: ExactRng, kind: str) -> Damaged:
        row, column = _MIDDLE + rng.between(-7, 7), _MIDDLE + rng.between(-7, 7)
        # A sixth of a turn covers every rotation of a hexagon.
        sine, cosine = unit_vector(rng.between(-0.27, 0.27))
        belt = 0.2 + 0.06 * noise(rng, 3.0) + 0.05 * noise(rng, 22.0)
        scene = tint(belt, (0.9, 0.95, 1.05))
        down, right = ROWS - row, COLUMNS - column
        outline, facet = self._hexagon(down, right, sine, cosine)
        rim = np.sqrt(down * down + right * right)
        brushed = 0.07 * wave(rim / rng.between(3.6, 4.0) + rng.between(0, 1)) + 0.08 * (noise(rng, 1.5) - 0.5)
        light_row, light_column = rng.direction()
        shade = 0.62 + brushed + 0.05 * (facet[0] * light_row + facet[1] * light_column)
        metal = tint(np.where(outline > -6.0, shade - 0.14, shade), (0.98, 1.0, 1.02))
        body = inside(outline)
        bore = inside(disc(row, column, _BORE_PX))
        thread = tint(0.3 + 0.08 * wave(rim / 3.0), (1.0, 1.0, 1.0))
        mask: Mask = np.zeros((SIZE_PX, SIZE_PX), dtype=bool)
        if kind == "chipped":
            # A bite out of one of the six corners, which lie between neighbouring flats.
            corner_row, corner_column = self._corner(rng.whole(0, 5), sine, cosine)
            bite = defects.patch(rng, (row + corner_row * 44.0, column + corner_column * 44.0), rng.between(12, 15))
            lost = np.minimum(inside(bite), body)
            mask = lost >= 0.5
            body = body - lost
        scene = paint(scene, body, metal)
        scene = paint(scene, np.minimum(bore, body), thread)
        scene = paint(scene, inside(disc(row, column, _BORE_PX - 4.0)), tint(belt * 0.6, (0.9, 0.95, 1.05)))
        if kind == "blocked":
            away = rng.direction()
            plug = (row + away[0] * 9.0, column + away[1] * 9.0)
            scene, mask = defects.cover(scene, rng, plug, rng.between(6, 8), (0.5, 0.5, 0.52))
        ring = rng.direction()
        on_ring = (row + ring[0] * 29.0, column + ring[1] * 29.0)
        if kind == "scratch":
            scene, mask = defects.scratch(scene, rng, on_ring, rng.between(18, 30), rng.between(1.8, 2.8), 0.3)
        if kind == "rust":
            scene, mask = defects.stain(scene, rng, on_ring, rng.between(6, 9), (0.82, 0.6, 0.45))
        return scene, mask

    @staticmethod
    def _hexagon(down: Plane, right: Plane, sine: float, cosine: float) -> tuple[Plane, tuple[Plane, Plane]]:
        turned_down, turned_right = down * cosine + right * sine, right * cosine - down * sine
        normals = ((1.0, 0.0), (0.5, _SIN_60), (0.5, -_SIN_60))
        reach = [turned_down * n_row + turned_right * n_column for n_row, n_column in normals]
        outline = np.maximum(np.maximum(np.abs(reach[0]), np.abs(reach[1])), np.abs(reach[2])) - 40.0
        length = np.sqrt(down * down + right * right) + 1e-6
        return outline, (down / length, right / length)

    @staticmethod
    def _corner(which: int, sine: float, cosine: float) -> tuple[float, float]:
        corners = ((0.0, 1.0), (_SIN_60, 0.5), (_SIN_60, -0.5), (0.0, -1.0), (-_SIN_60, -0.5), (-_SIN_60, 0.5))
        row, column = corners[which]
        return row * cosine - column * sine, column * cosine + row * sine


_RESISTORS = ((30.0, 30.0), (30.0, 52.0), (100.0, 34.0), (100.0, 58.0))
_CAPACITORS = ((32.0, 96.0), (102.0, 98.0))
_CHIP = (66.0, 60.0)


class Board:
    """A circuit board with one chip, four resistors and two capacitors, placed with small tolerances."""

    kinds: tuple[str, ...] = ("bridge", "missing", "misplaced", "scorched", "scratch")
    camera = Camera(gain=0.12, slope=0.25, cast=0.03, grain=0.04)

    def normal(self, rng: ExactRng) -> Picture:
        """A sound board."""
        return self._render(rng, "good")[0]

    def defective(self, rng: ExactRng, kind: str) -> Damaged:
        """A board with one defect of ``kind``."""
        return self._render(rng, kind)

    def _render(self, rng: ExactRng, kind: str) -> Damaged:
        shift_row, shift_column = rng.between(-4, 4), rng.between(-4, 4)
        tilt = unit_vector(rng.between(-0.02, 0.02))
        wrong = rng.whole(0, len(_RESISTORS) + len(_CAPACITORS) - 1)
        mask: Mask = np.zeros((SIZE_PX, SIZE_PX), dtype=bool)
        scene = self._bare(rng, shift_row, shift_column)
        for number, place in enumerate(_RESISTORS + _CAPACITORS):
            row, column = (
                place[0] + shift_row + rng.between(-0.8, 0.8),
                place[1] + shift_column + rng.between(-0.8, 0.8),
            )
            is_resistor = number < len(_RESISTORS)
            scene = self._pads(scene, row, column, tilt)
            nominal = self._outline(row, column, tilt, is_resistor)
            if number == wrong and kind == "missing":
                mask = nominal <= 0.0
                continue
            if number == wrong and kind == "misplaced":
                moved_row, moved_column = (
                    row + rng.sign() * rng.between(5, 7),
                    column + rng.sign() * rng.between(4, 6),
                )
                actual = self._outline(
                    moved_row, moved_column, unit_vector(rng.sign() * rng.between(0.2, 0.4)), is_resistor
                )
                mask = (actual <= 0.0) | (nominal <= 0.0)
            else:
                actual = nominal
            shade = rng.between(0.92, 1.08)
            colour = (0.16, 0.15, 0.17) if is_resistor else (0.62, 0.47, 0.33)
            scene = paint(scene, inside(actual), tuple(part * shade for part in colour))  # type: ignore[arg-type]
        scene = self._chip(scene, rng, _CHIP[0] + shift_row, _CHIP[1] + shift_column, tilt)
        if kind == "bridge":
            side = rng.sign()
            pin = rng.whole(0, 4)
            at = (_CHIP[0] + shift_row + side * 19.0, _CHIP[1] + shift_column - 20.0 + 8.0 * pin + 4.0)
            scene, mask = defects.cover(scene, rng, at, rng.between(4.5, 6.0), (0.72, 0.72, 0.74))
        if kind == "scorched":
            scene, mask = defects.stain(scene, rng, defects.anywhere(rng, 26), rng.between(9, 13), (0.55, 0.47, 0.47))
        if kind == "scratch":
            centre = defects.anywhere(rng, 26)
            scene, mask = defects.scratch(scene, rng, centre, rng.between(24, 40), rng.between(1.8, 2.8), 0.25)
        return scene, mask

    @staticmethod
    def _bare(rng: ExactRng, shift_row: float, shift_column: float) -> Picture:
        weave = 0.03 * wave((ROWS + COLUMNS) / 4.0) + 0.05 * noise(rng, 2.0) + 0.06 * noise(rng, 30.0)
        scene = tint(0.36 + weave, (0.35, 1.0, 0.6))
        for row in (44.0, 88.0):
            scene = paint(scene, 0.5 * inside(box(row + shift_row, 64.0, 3.0, 200.0)), (0.3, 0.55, 0.36))
        for column in (18.0, 84.0, 110.0):
            scene = paint(scene, 0.5 * inside(box(64.0, column + shift_column, 200.0, 3.0)), (0.3, 0.55, 0.36))
        return scene

    @staticmethod
    def _pads(scene: Picture, row: float, column: float, tilt: tuple[float, float]) -> Picture:
        for side in (-7.0, 7.0):
            scene = paint(scene, inside(box(row, column + side, 8.0, 5.0, tilt)), (0.7, 0.7, 0.72))
        return scene

    @staticmethod
    def _outline(row: float, column: float, axis: tuple[float, float], is_resistor: bool) -> Plane:
        return box(row, column, 8.0, 14.0, axis) if is_resistor else box(row, column, 12.0, 14.0, axis)

    @staticmethod
    def _chip(scene: Picture, rng: ExactRng, row: float, column: float, tilt: tuple[float, float]) -> Picture:
        for pin in range(6):
            for side in (-18.0, 18.0):
                scene = paint(
                    scene, inside(box(row + side, column - 20.0 + 8.0 * pin, 8.0, 3.0, tilt)), (0.7, 0.7, 0.72)
                )
        body = inside(box(row, column, 30.0, 50.0, tilt))
        scene = paint(scene, body, tint(0.17 + 0.03 * noise(rng, 2.0), (1.0, 1.0, 1.05)))
        return paint(scene, inside(disc(row - 9.0, column - 19.0, 2.5)), (0.4, 0.4, 0.4))
