"""Makes one card of attributions that stand in each other."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from claims.suggesting.attribution import Attribution, Span

# Of an outer content: the part that one nested in it covers, speaker and cue included. What is said within somebody’s
# quotation must cover more, since the quoted words are the outer speaker’s own.
FOLDED, FOLDED_IN_QUOTATION = 0.55, 0.7


@dataclass(frozen=True)
class Folded:
    attribution: Attribution
    nested: list["Folded"] = field(default_factory=list)


def folded(found: Iterable[Attribution]) -> list[Folded]:
    """In the order of the text. Contents of one list never meet."""
    roots: list[Folded] = []
    around: list[Folded] = []
    for each in _without_repeats(found):
        start, end = each.content
        while around and around[-1].attribution.content[1] <= start:
            around.pop()
        if around and end > around[-1].attribution.content[1]:
            continue
        node = Folded(each)
        (around[-1].nested if around else roots).append(node)
        around.append(node)
    return [node for root in roots for node in _settled(root)]


def _without_repeats(found: Iterable[Attribution]) -> list[Attribution]:
    """In order, an outer one first. Of two with the same content the one with the longer chain: who really spoke."""
    best: dict[Span, Attribution] = {}
    for each in found:
        kept = best.get(each.content)
        if kept is None or len(each.via) > len(kept.via):
            best[each.content] = each
    return sorted(best.values(), key=lambda each: (each.content[0], -each.content[1]))


def _settled(node: Folded) -> list[Folded]:
    """An outer one that says no more than an inner one (CNN said that Biden said …) is left out: its speaker stands in
    the chain."""
    nested = [inner for each in node.nested for inner in _settled(each)]
    if any(_covers(each.attribution, node.attribution) for each in nested):
        return nested
    return [Folded(node.attribution, nested)]


def _covers(inner: Attribution, outer: Attribution) -> bool:
    parts = [part for part in (inner.content, inner.speaker, inner.cue) if part]
    start = max(outer.content[0], min(part[0] for part in parts))
    end = min(outer.content[1], max(part[1] for part in parts))
    needed = FOLDED_IN_QUOTATION if inner.in_quotation else FOLDED
    return bool(inner.via) and end - start >= needed * (outer.content[1] - outer.content[0])
