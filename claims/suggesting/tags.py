"""A tag behind its content: “…,” S said; “…,” said S; …, S said; … , S said, … ."""

from claims.suggesting import contents, speakers
from claims.suggesting.attribution import Attribution, Span, content_span, whole_span
from claims.suggesting.cues import Cue, cue_at, is_participle, is_passive
from claims.suggesting.grammar import Grammar
from claims.suggesting.leads import Found, is_pronoun
from claims.suggesting.noun_phrases import Phrase
from claims.suggesting.tokens import QUOTE, WORD, Tokens

MIN_TAGGED = 4  # words of a bare clause before its tag: The talks failed on Monday, he said
MAX_TAG_REST = 9
MIN_RESUMED = 3
TO_RESUMED = 30


def tagged(tokens: Tokens, low: int, cue: Cue, grammar: Grammar, nested: bool) -> Found | None:
    if cue.kind == "act" or is_passive(tokens, cue, grammar):
        return None
    subject = speakers.before(tokens, low, cue.first, grammar)
    start, end = speakers.skip_auxiliaries(tokens, low, subject.outer if subject else cue.first, grammar), cue.last
    quoted = _is_quoted_before(tokens, low, start)
    if not quoted and (start <= low or tokens[start - 1].text != "," or cue.kind not in ("clause", "that")):
        return None
    if grammar.is_a("order", cue.verb):
        end = _behind_addressee(tokens, cue.last)
    if subject is None and not is_participle(tokens, cue):
        subject = speakers.after(tokens, cue.last, grammar)
        if subject and not quoted and start != cue.first:
            return None
        end = subject.last if subject else end
    if subject is None and not (quoted and grammar.has("drops_subject") and not contents.quotes_behind(tokens, end)):
        return None
    if nested and subject and is_pronoun(tokens, subject, grammar):
        return None
    if not quoted and subject and not _is_short_tag(tokens, low, (start, end), cue, subject, grammar):
        return None
    return _around(tokens, low, (start, end), quoted, cue, subject, grammar)


def resumes(tokens: Tokens, lead: int, at: int, grammar: Grammar) -> bool:
    """Is what stands behind a tag in commas the clause before it, going on, and no apposition to the speaker?"""
    if contents.leaves(tokens, at, grammar):
        return False
    word = tokens[at].lower
    is_verb = any(grammar.is_a(kind, word) for kind in ("auxiliaries", "adverbs", "negations")) or word.endswith("ed")
    return lead < MIN_TAGGED or (is_verb and not tokens[at].is_name)


def _is_quoted_before(tokens: Tokens, low: int, at: int) -> bool:
    if at > low and tokens[at - 1].text in ",—–":
        at -= 1
    return at > low and tokens[at - 1].kind == QUOTE


def _behind_addressee(tokens: Tokens, at: int) -> int:
    """The solution, he told them, was simple"""
    for end in range(at, min(at + 4, len(tokens))):
        if tokens[end].kind != WORD:
            return end if tokens[end].text == "," else at
    return at


def _is_short_tag(tokens: Tokens, low: int, tag: Span, cue: Cue, subject: Phrase, grammar: Grammar) -> bool:
    """A tag behind a bare clause has no content of its own, and what stands before it is a main clause."""
    (start, end), inverted = tag, subject.first > cue.first
    content = tokens[low : start - 1]
    words = (token.lower for token in content if token.text != "," and not grammar.is_a("opening", token.lower))
    first = next(words, "")
    if end < len(tokens) - 1 and tokens[end].text == "," and not inverted:
        return tokens[end + 1].kind != QUOTE and bool(content) and not grammar.is_a("hypothetical", first)
    if not inverted and contents.begins(tokens, cue.last, cue.kind, cue.verb, grammar) is not None:
        return False
    rest = [token for token in tokens[end : contents.ends(tokens, end, grammar)] if token.kind == WORD]
    subordinate = grammar.is_a("conjunctions", first) or first == "asked"
    adverbial = subordinate or (grammar.is_a("prepositions", first) and len(content) < 2 * MIN_TAGGED)
    is_clause = len(content) >= MIN_TAGGED or any(token.kind == QUOTE for token in content)
    return is_clause and (inverted or len(rest) <= MAX_TAG_REST) and not adverbial


def _around(
    tokens: Tokens, low: int, tag: Span, quoted: bool, cue: Cue, subject: Phrase | None, grammar: Grammar
) -> Found | None:
    before = tokens[low : tag[0]]
    if quoted:
        before = _from_quotation(before)
    speaker = speakers.span(tokens, subject) if subject else None
    rest = _resumed(tokens, low, tag, quoted, subject is None or subject.first > cue.first, grammar)
    behind = tokens[rest:] if rest is not None else []
    end = len(tokens) if rest is not None else tag[1]
    if behind and len(before) > 1 and grammar.is_a("relatives", before[-2].lower):
        # An official, who, the Post reported, called it heated: the Post stands behind the relative clause alone.
        return Found(None, speaker, before[:-1] + behind, end)
    whole = content_span(before + behind)
    if whole is None:
        return None
    inside = whole_span(tokens[tag[0] : rest]) if behind else None
    cue_span = whole_span(tokens[cue.first : cue.last])
    outer = Attribution(whole, cue_span, speaker, "tag", whole_span(tokens), tag=inside)
    while before and before[-1].text == ",":
        before = before[:-1]
    return Found(outer, speaker, before + behind, end)


def _from_quotation(before: Tokens) -> Tokens:
    """“Asked about it, “No,” he said” begins at the quotation; “It was “a mess,” he said” at its clause."""
    first = next(at for at, token in enumerate(before) if token.kind == QUOTE)
    return before[first:] if first and before[first - 1].text in ",:" else before


def _resumed(tokens: Tokens, low: int, tag: Span, quoted: bool, inverted: bool, grammar: Grammar) -> int | None:
    """Where the content goes on behind its tag."""
    end = tag[1]
    if not quoted:
        is_inserted = end < len(tokens) - MIN_RESUMED and tokens[end].text == ","
        return end + 1 if is_inserted and resumes(tokens, tag[0] - low if inverted else 0, end + 1, grammar) else None
    for at in range(end, min(end + TO_RESUMED, len(tokens))):
        if tokens[at].kind == QUOTE:
            lead = tokens[end:at]
            goes_on = not lead or lead[-1].text in ",:."
            return at if goes_on or (len(lead) <= 3 and not contents.is_title(tokens[at])) else None
        if cue_at(tokens, at, grammar):
            return None
    return None
