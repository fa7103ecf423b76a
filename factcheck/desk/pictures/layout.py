"""Where the parts of a picture of chains are.

From left to right: who speaks, the statements by tag, who relays them (the last relay beside the outlet), who publishes
them. In each column the parties are ordered by the lanes that lead to them, so that few lanes cross.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean

from django.utils.text import capfirst
from django.utils.translation import gettext

from factcheck.desk.pictures.chains import Chains, Denial, Lane, Party, Told
from factcheck.desk.pictures.text import in_lines
from factcheck.desk.words import word

MARGIN, TOP = 8, 34  # around the picture; above it, for the headings
BOX = 156  # the width of a party
LETTERS = 21  # of a name on a line within it
LINE = 17
SPAN = 64  # between the speakers and the statements, for the disputes
GAP = 46  # between the columns after that, for the curves
CHIP_HEIGHT = 22
DIGIT, AROUND = 8, 24  # in a chip, each sign of its number and the rest
CHIPS_IN_ROW = 5
ROW = CHIP_HEIGHT + 6
PORT = 12  # between two lanes that lead to the same party
PLACES = (4, 3, 5, 2, 6, 1, 7)  # eighths of a dispute's curve at which its sign may stand, the best first
MAX_ARROWS = 24  # those for the most disputes
MAX_TITLES = 5  # disputes that an arrow names
SIGN = 9  # half of the sign's width


@dataclass
class Box:
    party: Party
    x: int
    y: int
    height: int
    width: int = BOX

    @property
    def labels(self) -> list[tuple[int, str, str]]:
        """For each line of the name and for the word that it is anonymous: its y, its class and itself."""
        lines = [(text, "") for text in in_lines(self.party.name, LETTERS, 2)]
        lines += [(gettext("anonymous"), "hint")] if self.party.anonymous else []
        first = self.y + self.height // 2 - LINE * len(lines) // 2 + 13
        return [(first + LINE * place, kind, text) for place, (text, kind) in enumerate(lines)]

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass
class Way:
    """A lane as a line, and as the sentence that says the same."""

    lane: Lane
    address: str
    d: str = ""

    @property
    def width(self) -> int:
        return min(2 + len(self.lane.told) // 10, 6)


@dataclass
class Chip:
    """One statement, or all of a folded lane."""

    label: str
    title: str
    tag: str
    address: str
    x: int
    y: int
    width: int

    @property
    def text_x(self) -> int:
        return self.x + self.width // 2

    @property
    def text_y(self) -> int:
        return self.y + 15


@dataclass
class Arrow:
    denials: list[Denial]
    address: str
    d: str
    x: int
    y: int

    @property
    def label(self) -> str:
        return str(len(self.denials)) if len(self.denials) > 1 else "≠"

    @property
    def title(self) -> str:
        """Beginning with the label, as a spoken command needs."""
        words = ". ".join(f"{denial.words}: {word(denial.state)}" for denial in self.denials[:MAX_TITLES])
        if len(self.denials) == 1:
            return words
        if (more := len(self.denials) - MAX_TITLES) <= 0:
            return gettext("%(number)s disputes: %(disputes)s") % {"number": self.label, "disputes": words}
        sentence = gettext("%(number)s disputes: %(disputes)s and %(more)s more")
        return sentence % {"number": self.label, "disputes": words, "more": more}

    @property
    def text_y(self) -> int:
        return self.y + 4

    @property
    def state(self) -> str:
        """Open, if one of them is."""
        return min((denial.state for denial in self.denials), key=("open", "upheld", "rejected", "withdrawn").index)


@dataclass
class Drawing:
    width: int = 0
    height: int = 0
    headings: list[tuple[int, str]] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    undrawn: int = 0  # disputes


class _Draft:
    """`at` is how high each lane is where the drawing has got to."""

    def __init__(self, chains: Chains):
        self.chains, self.drawing = chains, Drawing()
        self.ways = {id(lane): Way(lane, chains.address(lane, lane.tag)) for lane in chains.lanes}
        self.at: dict[int, int] = {}
        self.spots: dict[int, tuple[int, int]] = {}  # of statements
        self.edges: dict[Party, tuple[int, int]] = {}  # of speakers
        self.right = MARGIN + BOX + SPAN
        labels = (label for lane in chains.lanes for label, *_ in _chips(lane, chains))
        self.chip = AROUND + DIGIT * max(map(len, labels), default=1)

    def draw(self) -> Drawing:
        self._speakers()
        stops = _stops(self.chains.lanes)
        for steps in range(max((max(each) for each in stops), default=0), -1, -1):
            self._column(steps, [each.get(steps) for each in stops])
        self._arrows()
        self.drawing.width = self.right + MARGIN
        self.drawing.ways = list(self.ways.values())
        return self.drawing

    def _speakers(self) -> None:
        self.drawing.headings.append((MARGIN, gettext("Who says it")))
        self.drawing.headings.append((self.right, gettext("What")))
        rows = [min(_count(lane, self.chains), CHIPS_IN_ROW) for lane in self.chains.lanes]
        end = self.right + max(rows, default=1) * (self.chip + 4)
        top = TOP
        for speaker in self.chains.speakers:
            lanes = [lane for lane in self.chains.lanes if lane.speaker == speaker]
            needed = sum(map(self._lane_height, lanes))
            height = max(needed, _box_height(speaker))
            self.drawing.boxes.append(Box(speaker, MARGIN, top, height))
            self.edges[speaker] = (MARGIN + BOX, top + height // 2)
            y = top + (height - needed) // 2
            for lane in lanes:
                self._lane(lane, y, end)
                y += self._lane_height(lane)
            top += height + 10
        self.drawing.height, self.right = top, end

    def _lane_height(self, lane: Lane) -> int:
        return -(-_count(lane, self.chains) // CHIPS_IN_ROW) * ROW + 4

    def _lane(self, lane: Lane, top: int, end: int) -> None:
        middle = top + self._lane_height(lane) // 2
        self.at[id(lane)] = middle
        self.ways[id(lane)].d = f"M{MARGIN + BOX} {middle}H{end}"
        for place, (label, title, tag, address, told) in enumerate(_chips(lane, self.chains)):
            x = self.right + place % CHIPS_IN_ROW * (self.chip + 4)
            y = top + 5 + place // CHIPS_IN_ROW * ROW
            self.drawing.chips.append(Chip(label, title, tag, address, x, y, self.chip))
            self.spots.update({each.id: (x, y + CHIP_HEIGHT // 2) for each in told})

    def _column(self, steps: int, parties: list[Party | None]) -> None:
        """One that is so many steps before the outlet. A lane without a party in it passes between the boxes."""
        stops: dict[object, list[Lane]] = {}
        for lane, party in zip(self.chains.lanes, parties, strict=True):
            stops.setdefault(party or id(lane), []).append(lane)
        x, top = self.right + GAP, TOP
        if not steps or len(self.drawing.headings) == 2:
            self.drawing.headings.append((x, gettext("Through whom") if steps else gettext("Published by")))
        for stop, lanes in sorted(stops.items(), key=lambda item: self._height_of(item[1])):
            party = stop if isinstance(stop, Party) else None
            height = max(PORT * len(lanes), _box_height(party) if party else PORT)
            y = max(top, round(self._height_of(lanes)) - height // 2)
            self._enter(lanes, x, y, height)
            if party:
                self.drawing.boxes.append(Box(party, x, y, height))
            top = y + height + (8 if party else 2)
            self.drawing.height = max(self.drawing.height, top + MARGIN)
        self.right = x + BOX

    def _height_of(self, lanes: list[Lane]) -> float:
        return mean(self.at[id(lane)] for lane in lanes)

    def _enter(self, lanes: list[Lane], x: int, top: int, height: int) -> None:
        for place, lane in enumerate(sorted(lanes, key=lambda lane: self.at[id(lane)])):
            before, y = self.at[id(lane)], top + (2 * place + 1) * height // (2 * len(lanes))
            half = self.right + GAP // 2
            self.ways[id(lane)].d += f"C{half} {before} {half} {y} {x} {y}H{x + BOX}"
            self.at[id(lane)] = y

    def _arrows(self) -> None:
        """From the counter-statement, or the source, to the disputed statement; those between the same two are one."""
        together: dict[tuple[tuple[int, int], tuple[int, int]], list[Denial]] = {}
        for denial in self.chains.denials:
            start = self.spots.get(denial.counter or 0) or self.edges[denial.raised_by]
            together.setdefault((start, self.spots[denial.statement]), []).append(denial)
        most = sorted(together.items(), key=lambda item: -len(item[1]))[:MAX_ARROWS]
        self.drawing.undrawn = len(self.chains.denials) - sum(len(denials) for _, denials in most)
        for place, ((start, end), denials) in enumerate(most):
            self.drawing.arrows.append(self._arrow(start, end, denials, MARGIN + BOX + 9 + place % 4 * 9))

    def _arrow(self, start: tuple[int, int], end: tuple[int, int], denials: list[Denial], bend: int) -> Arrow:
        """It bends to the left, out of the way of the statements, towards `bend`."""
        (x1, y1), (x2, y2) = start, end
        if start == end:  # within one folded lane
            y1, y2 = y1 - 6, y2 + 6
        places = [(_on_curve(x1, bend, bend, x2, at), _on_curve(y1, y1, y2, y2, at)) for at in PLACES]
        x, y = next(filter(self._is_free, places), places[0])
        address = denials[0].address if len(denials) == 1 else self.chains.all_disputes
        return Arrow(denials, address, f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}", x, y)

    def _is_free(self, place: tuple[int, int]) -> bool:
        x, y = place
        near = (abs(x - arrow.x) < 2 * SIGN and abs(y - arrow.y) < 2 * SIGN for arrow in self.drawing.arrows)
        on_chip = (
            -SIGN < x - chip.x < chip.width + SIGN and -SIGN < y - chip.y < CHIP_HEIGHT + SIGN
            for chip in self.drawing.chips
        )
        return not any(near) and not any(on_chip)


def drawing_of(chains: Chains) -> Drawing:
    return _Draft(chains).draw()


def _stops(lanes: list[Lane]) -> list[dict[int, Party]]:
    """For each lane its parties by steps before the outlet: each relay in one column, as far left as any lane needs.

    If some relay comes before another in one lane and after it in another, each stands where its lane has it.
    """
    longest = max((len(lane.relays) for lane in lanes), default=0)
    steps: dict[Party, int] = {}
    for _ in range(longest):
        for lane in lanes:
            step = 0
            for party in reversed(lane.relays):
                step = steps[party] = max(step + 1, steps.get(party, 0))
    placed = [[steps[party] for party in lane.relays] for lane in lanes]
    if any(before <= after for each in placed for before, after in pairwise(each)):
        placed = [list(range(len(lane.relays), 0, -1)) for lane in lanes]
    return [
        {0: lane.outlet, **dict(zip(each, lane.relays, strict=True))} for lane, each in zip(lanes, placed, strict=True)
    ]


def _on_curve(start: int, pull: int, last_pull: int, end: int, eighths: int) -> int:
    """One coordinate of a cubic Bézier curve."""
    rest = 8 - eighths
    parts = (start * rest**3, 3 * pull * rest**2 * eighths, 3 * last_pull * rest * eighths**2, end * eighths**3)
    return sum(parts) // 512


def _box_height(party: Party) -> int:
    return 12 + LINE * (len(in_lines(party.name, LETTERS, 2)) + party.anonymous)


def _count(lane: Lane, chains: Chains) -> int:
    return len(lane.by_tag if chains.is_folded else lane.told)


def _chips(lane: Lane, chains: Chains) -> list[tuple[str, str, str, str, list[Told]]]:
    """Of each: its label, what it says in full, its tag, its address, and the statements that it stands for."""
    if not chains.is_folded:
        return [(each.label, _title(each), each.tag, each.address, [each]) for each in lane.told]
    return [
        (str(len(told)), f"{len(told)} {word(tag)}: {lane.speaker.name}", tag, chains.address(lane, tag), told)
        for tag, told in lane.by_tag.items()
    ]


def _title(told: Told) -> str:
    words = {"name": capfirst(told.name), "tag": word(told.tag), "text": told.text}
    return gettext("%(name)s, %(tag)s: %(text)s") % words
