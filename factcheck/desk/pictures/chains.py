"""What a picture of an article shows: lanes of statements that came the same way, and disputes between them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import ngettext_lazy

from factcheck.desk.words import passage_name, row_name

OTHER_SOURCES = ngettext_lazy("%(number)s other source", "%(number)s other sources", "number")
OTHER_RELAYS = ngettext_lazy("%(number)s other relay", "%(number)s other relays", "number")
MAX_SINGLE = 60  # statements that are drawn one by one; more are drawn as numbers
MAX_LANES = 60  # more than that a reader cannot follow
# How a picture of many is made smaller, step by step: how many sources and how many relays have their own names.
# From the second step on only the relay nearest to the outlet is drawn.
FOLDS = ((None, None), (None, 12), (30, 12), (30, 5), (15, 5), (10, 2), (5, 2), (5, 0), (0, 0))


@dataclass(frozen=True)
class Party:
    """Who speaks, relays or publishes."""

    name: str
    address: str
    anonymous: bool = False
    source: int | None = None  # its id, if it is one source


@dataclass(frozen=True)
class Told:
    """A statement and its way. `number` is that of its mark in the text, if it has one."""

    id: int
    number: int | None
    text: str
    tag: str
    address: str
    speaker: Party
    relays: tuple[Party, ...]  # nearest to the speaker first
    outlet: Party

    @property
    def label(self) -> str:
        return str(self.number or f"#{self.id}")

    @property
    def name(self) -> str:
        """With the label in it."""
        return passage_name(self.number) if self.number else row_name("statement", self.label)


@dataclass(frozen=True)
class Denial:
    """A dispute. Without a `counter` on the picture it comes from the source itself."""

    words: str
    state: str
    address: str
    raised_by: Party
    statement: int
    counter: int | None


@dataclass
class Lane:
    """Statements that came the same way; until there are too many, also with the same tag."""

    speaker: Party
    relays: tuple[Party, ...]
    outlet: Party
    told: list[Told] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)  # of its statements

    @property
    def by_tag(self) -> dict[str, list[Told]]:
        found: dict[str, list[Told]] = {}
        for each in sorted(self.told, key=lambda each: each.tag):
            found.setdefault(each.tag, []).append(each)
        return found

    @property
    def tag(self) -> str:
        """Empty if they have several."""
        return self.told[0].tag if len({each.tag for each in self.told}) == 1 else ""

    @property
    def denial_states(self) -> dict[str, int]:
        return dict(Counter(denial.state for denial in self.denials))


@dataclass
class Chains:
    lanes: list[Lane]
    speakers: list[Party]  # those who only deny something too
    denials: list[Denial]
    is_folded: bool  # each lane has a number for each tag, and not its statements one by one
    has_short_chains: bool  # only the last relay is drawn
    lists: str = ""  # the address of the list with all statements, to which filters can be added
    all_disputes: str = ""

    def address(self, lane: Lane, tag: str = "") -> str:
        """Of the only statement, or of a list that has them all."""
        if len(lane.told) == 1:
            return lane.told[0].address
        source = f"&source={lane.speaker.source}" if lane.speaker.source else ""
        return f"{self.lists}{source}{f'&tag={tag}' if tag else ''}"


class _Names:
    """The most frequent parties by their own names, and the others as one."""

    def __init__(self, parties: Iterable[Party], kept: int | None, others: Any, address: str):
        counted = Counter(parties)
        self.named = {party: party for party, _ in counted.most_common(kept)}
        self.others = Party(others % {"number": len(counted) - len(self.named)}, address)

    def of(self, party: Party) -> Party:
        return self.named.get(party, self.others)


def chains_of(told: Sequence[Told], denials: Sequence[Denial], lists: str = "", all_disputes: str = "") -> Chains:
    for sources, relays in FOLDS:
        chains = _chains(told, denials, sources, relays, lists)
        if max(len(chains.lanes), len(chains.speakers)) <= MAX_LANES:
            break
    chains.all_disputes = all_disputes
    return chains


def _chains(
    told: Sequence[Told], denials: Sequence[Denial], sources: int | None, relays: int | None, lists: str
) -> Chains:
    is_folded, is_short = len(told) > MAX_SINGLE, relays is not None
    drawn = {each.id for each in told}
    only_deny = [denial.raised_by for denial in denials if denial.counter not in drawn]
    speakers = _Names([*(each.speaker for each in told), *only_deny], sources, OTHER_SOURCES, lists)
    relayed = _Names((each.relays[-1] for each in told if each.relays), relays, OTHER_RELAYS, lists)
    denied = defaultdict(list)
    for denial in denials:
        denied[denial.statement].append(denial)
    lanes: dict[object, Lane] = {}
    for each in told:
        chain = tuple(map(relayed.of, each.relays[-1:])) if is_short else each.relays
        way = (speakers.of(each.speaker), chain, each.outlet)
        lane = lanes.setdefault((way, "" if is_folded else each.tag), Lane(*way))
        lane.told.append(each)
        lane.denials += denied[each.id]
    order = dict.fromkeys([lane.speaker for lane in lanes.values()] + [speakers.of(party) for party in only_deny])
    named = [replace(denial, raised_by=speakers.of(denial.raised_by)) for denial in denials]
    return Chains(
        list(lanes.values()), sorted(order, key=lambda each: each == speakers.others), named, is_folded, is_short, lists
    )
