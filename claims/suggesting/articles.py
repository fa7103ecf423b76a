"""The attributions of a whole article: what one sentence leaves open is settled by those around it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from claims.suggesting import clauses, layout
from claims.suggesting.attribution import Attribution, Span, content_span
from claims.suggesting.grammar import Grammar
from claims.suggesting.quotations import paragraphs
from claims.suggesting.tokens import QUOTE, Token, Tokens, paragraph_sentences, paragraph_tokens, split_sentences
from claims.suggesting.turns import Label, begins_turn, goes_on, is_stage_direction, labels

MIN_LOOSE_WORDS = 6
MIN_INNER_WORDS = 6
FAR = 120  # code points between “X disagreed:” and the quotation that it announces
SIGNATURE_GAP = 6  # code points between a quotation and “— Name” behind it
OPENING_MARKS = re.compile(r"[“”„«»\"「『‘’']+")


def article_attributions(text: str, grammar: Grammar, voices: Iterable[Label] = ()) -> list[Attribution]:
    reader = _Reader(text, grammar, voices)
    for sentences in paragraph_sentences(text, grammar):
        reader.read_paragraph(sentences)
    return reader.found


class _Reader:
    """`last` is the attribution that a quotation without a tag goes on with; `announced` what “X said:” promised."""

    def __init__(self, text: str, grammar: Grammar, voices: Iterable[Label]) -> None:
        self.text, self.grammar = text, grammar
        spans = list(paragraphs(text))
        known = {label.speaker[0]: label for label in voices}
        self.labels = labels(text, spans) | known
        self.goes_on = bool(known) or (bool(self.labels) and goes_on(self.labels, spans))
        self.turn: Label | None = None
        self.found: list[Attribution] = []
        self.last: int | None = None
        self.announced: layout.Announcement | None = None
        self.paragraph = 0

    def read_paragraph(self, sentences: list[Tokens]) -> None:
        self.paragraph = sentences[0][0].start
        if self._turn(sentences):
            return
        for tokens in sentences:
            if _is_quotation(tokens):
                self._quotation(tokens)
            elif not self._signature(tokens):
                self._sentence(tokens)

    # A turn of a transcript

    def _turn(self, sentences: list[Tokens]) -> bool:
        """One attribution for each paragraph of what a labelled speaker says, with those that it holds."""
        line = self.text.rfind("\n", 0, self.paragraph) + 1
        label = self.labels.get(line)
        self.turn = label or (self.turn if self.goes_on and not begins_turn(self.text, line) else None)
        if self.turn is None:
            return False
        said = [[token for token in each if not label or token.start >= label.end] for each in sentences]
        said = [tokens for tokens in said if tokens]
        span = (said[0][0].start, said[-1][-1].end) if said else (0, 0)
        if said and not is_stage_direction(self.text[slice(*span)]):
            self._keep(Attribution(span, None, self.turn.speaker, "label", span))
            inner = (each for tokens in said for each in clauses.attributions(tokens, self.grammar))
            self.found += [replace(each, via=(*each.via, self.turn.speaker), in_quotation=True) for each in inner]
        return True

    # A sentence that is nothing but a quotation

    def _quotation(self, tokens: Tokens) -> None:
        span = content_span(tokens)
        place = len(self.found) if self.last is None else self.last
        last = None if self.last is None else self.found[place]
        if span is None:
            return
        if self.announced and span[0] - self.announced.end < FAR:
            speaker, cue, _ = self.announced
            self._keep(Attribution(span, cue, speaker, "announced", (cue[0], span[1])))
        elif last and last.rule != "label" and self._goes_on(last, tokens):
            self.found[place] = replace(
                last, content=(last.content[0], span[1]), tag=_tag_inside(last, span) or last.tag
            )
        elif _words(tokens) >= MIN_LOOSE_WORDS or last:
            speaker_before = last.speaker if last and self._is_near(last) else None
            via = last.via if last and speaker_before else ()
            self._keep(Attribution(span, None, speaker_before, "carried", span, via))
        self.announced = None
        self._inside(tokens)

    def _goes_on(self, last: Attribution, tokens: Tokens) -> bool:
        """In the same paragraph, behind the tag; or in the next one, when the quotation before was not closed."""
        between = self.text[last.content[1] : tokens[0].start]
        tag_end = max(last.content[1], (last.speaker or last.content)[1], (last.cue or last.content)[1])
        same = last.content[0] >= self.paragraph and len(self.text[tag_end : tokens[0].start]) < FAR
        return same or (not between.strip() and self.text[last.content[1] - 1] not in "”\"»’'“」』")

    def _is_near(self, last: Attribution) -> bool:
        return self.text.count("\n\n", last.content[1], self.paragraph) <= 2

    # “…” — Name

    def _signature(self, tokens: Tokens) -> bool:
        last = self.found[-1] if self.found else None
        if (
            last is None
            or last.rule not in ("carried", "quotation")
            or tokens[0].start - last.content[1] > SIGNATURE_GAP
        ):
            return False
        speaker = layout.signature(tokens)
        if speaker is None:
            return False
        self.found[-1] = replace(last, speaker=speaker, cue=(tokens[0].start, tokens[0].end), rule="dash", via=())
        return True

    # Any other

    def _sentence(self, tokens: Tokens) -> None:
        got = (
            layout.signed(tokens) or clauses.attributions(tokens, self.grammar) or layout.headline(tokens, self.grammar)
        )
        for each in got:
            self._keep(each if each.speaker else self._of_last_speaker(each), leads=not each.via)
        self._loose(tokens, got)
        self.announced = layout.announcement(tokens, got, self.grammar)
        self._inside(tokens)

    def _of_last_speaker(self, attribution: Attribution) -> Attribution:
        """“…”, dijo: in a language that leaves the pronoun out"""
        last = self.found[self.last] if self.last is not None else None
        if last is None or last.rule == "according":
            return attribution
        return replace(attribution, speaker=last.speaker, via=last.via)

    def _keep(self, attribution: Attribution, leads: bool = True) -> None:
        self.found.append(attribution)
        if leads:
            self.last = len(self.found) - 1

    def _loose(self, tokens: Tokens, got: list[Attribution]) -> None:
        """Longer quotations that no cue of their sentence takes; the speaker before may go on within a paragraph."""
        last = self.found[self.last] if self.last is not None else None
        goes_on = last is not None and last.content[0] >= self.paragraph
        for token in tokens:
            covered = any(each.content[0] <= token.start and token.end <= each.content[1] for each in got)
            if token.kind == QUOTE and not covered and len(token.text.split()) >= MIN_LOOSE_WORDS:
                speaker = last.speaker if last and goes_on else None
                span = (token.start, token.end)
                self._keep(Attribution(span, None, speaker, "quotation", span), leads=False)

    def _inside(self, tokens: Tokens) -> None:
        """What a quotation itself attributes: “Biden told me that …,” she said."""
        for token in tokens:
            if token.kind == QUOTE and len(token.text.split()) >= MIN_INNER_WORDS:
                outer = self._outer(token)
                for each in _inner_attributions(self.text, token, self.grammar):
                    if outer and outer.speaker:
                        chain = (*each.via, outer.speaker, *outer.via)
                        self.found.append(replace(each, via=chain, in_quotation=True))

    def _outer(self, token: Token) -> Attribution | None:
        around = [a for a in self.found[-8:] if a.content[0] <= token.start and token.end <= a.content[1]]
        return min(around, key=lambda each: each.content[1] - each.content[0], default=None)


def _is_quotation(tokens: Tokens) -> bool:
    return any(token.kind == QUOTE for token in tokens) and all(
        token.kind == QUOTE or token.text in ".,…" for token in tokens
    )


def _words(tokens: Tokens) -> int:
    return sum(len(token.text.split()) for token in tokens)


def _tag_inside(last: Attribution, span: Span) -> Span | None:
    """The tag that a content now holds, since it goes on behind it."""
    if last.cue is None or last.cue[0] < last.content[1]:
        return None
    return last.content[1], span[0]


def _inner_attributions(text: str, token: Token, grammar: Grammar) -> Iterator[Attribution]:
    marks = OPENING_MARKS.match(token.text)
    start = token.start + (marks.end() if marks else 0)
    end = token.end - 1 if token.closed else token.end
    for sentence in split_sentences(paragraph_tokens(text, start, end, grammar) or [], grammar):
        for each in clauses.attributions(sentence, grammar):
            if each.rule != "act" and not each.via:
                yield each
