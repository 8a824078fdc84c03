"""Images of one category by part and content, and what becomes of those that no word describes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from harness.datasets.describing.places import Place
from harness.datasets.describing.words import Word


@dataclass
class ImageBins:
    """Images by what the words of their paths say, and notes on those that had to be left aside."""

    good: defaultdict[Word | None, list[PurePosixPath]] = field(default_factory=lambda: defaultdict(list))
    unknown: defaultdict[Word | None, list[PurePosixPath]] = field(default_factory=lambda: defaultdict(list))
    defects: defaultdict[tuple[Word | None, str], list[PurePosixPath]] = field(
        default_factory=lambda: defaultdict(list)
    )
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, members: Mapping[PurePosixPath, Place]) -> "ImageBins":
        """Sort the images of a category, without masks, by their places."""
        bins = cls()
        for image, place in sorted(members.items()):
            if place.content is Word.GOOD:
                bins.good[place.part].append(image)
            elif place.content is Word.DEFECT:
                bins.defects[place.part, place.kind].append(image)
            else:
                bins.unknown[place.part].append(image)
        return bins

    def use_validation(self) -> None:
        """Validation images stand in for a missing test part, and else belong to neither."""
        parts = {*self.good, *self.unknown, *(part for part, _ in self.defects)}
        if Word.VALIDATION not in parts:
            return
        instead = Word.TEST if Word.TEST not in parts else None
        aside = [*self.good.pop(Word.VALIDATION, []), *self.unknown.pop(Word.VALIDATION, [])]
        if instead is not None:
            self.notes.append("the validation part is taken for the test part")
        kinds = [kind for part, kind in self.defects if part is Word.VALIDATION]
        for kind in kinds:
            images = self.defects.pop((Word.VALIDATION, kind))
            if instead is not None:
                self.defects[instead, kind] += images
            aside += images
        if instead is None:
            self.notes.append(f"{len(aside)} images of the validation part are left aside")
            return
        lost = {image for (_, _), images in self.defects.items() for image in images}
        self.good[instead] += [image for image in aside if image not in lost]

    def use_unknown(self) -> str:
        """Decide about images that no word and no mask describes; the reason why they are called good, if they are."""
        reason = ""
        training = self.unknown.pop(Word.TRAIN, [])
        if training:
            self.good[Word.TRAIN] += training
            reason = "nothing calls them good; training images are"
        rest = [image for images in self.unknown.values() for image in images]
        if rest and not any(self.good.values()) and self.defects:
            for part, images in self.unknown.items():
                self.good[part] += images
            reason = "nothing calls them good; the others are called defects"
        elif rest:
            self.notes.append(f"{len(rest)} images are left aside, such as {rest[0]}: nothing says what they are")
        return reason
