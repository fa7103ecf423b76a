"""Where the content of a cue begins and ends, behind it in the sentence. All positions are token indices."""

from claims.suggesting.bare_clauses import MIN_WORDS, begins_bare, behind_day
from claims.suggesting.grammar import Grammar
from claims.suggesting.tokens import QUOTE, WORD, Token, Tokens

TO_CONJUNCTION = 12  # tokens between a cue and its “that”
TO_COLON = 14
TO_QUOTATION = 12
MAX_TITLE = 5  # spaces


def begins(tokens: Tokens, at: int, kind: str, verb: str, grammar: Grammar) -> int | None:
    """Where the content of a cue that ends before `at` begins; None if it has none of its own."""
    if at >= len(tokens):
        return None
    takes_clause = "that" in kind or kind == "clause"
    found = _after_colon(tokens, at, grammar)
    if found is None and grammar.is_a("order", verb):
        found = _order(tokens, at, grammar)
    if found is None and kind == "act":
        found = _object(tokens, at, verb, grammar)
    if found is None and kind != "act":
        found = _after_conjunction(tokens, at, verb, TO_CONJUNCTION if takes_clause else 2, grammar)
    if found is None:
        found = _quoted(tokens, at, kind, grammar)
    if found is None and kind == "describe":
        found = _described(tokens, at, grammar)
    if found is None and takes_clause:
        found = begins_bare(tokens, at, kind, verb, grammar)
    if found is None and "act" in kind:
        found = _object(tokens, at, verb, grammar)
    return found


def ends(tokens: Tokens, start: int, grammar: Grammar, in_commas: bool = False) -> int:
    """At a semicolon or a lone dash, or before a cue of the same speaker (“, adding”) or a clause apart (“, while”).
    `in_commas`: the cue’s own clause ends at the next comma (Smith, who said …, left)."""
    dashes = [at for at in range(start, len(tokens)) if tokens[at].text in ("—", "–")]
    for at in range(start, len(tokens) - 1):
        if tokens[at].final == "," and leaves(tokens, at + 1, grammar):
            return at + 1
        if at > start and in_commas and tokens[at].text == ",":
            return at
        if at < start + 2:
            continue
        if tokens[at].text == ";" or [at] == dashes or _is_joined_cue(tokens, at, grammar):
            return at
        if tokens[at].text == "," and leaves(tokens, at + 1, grammar):
            return at
    return len(tokens)


def _is_joined_cue(tokens: Tokens, at: int, grammar: Grammar) -> bool:
    """“… and questioned why”: the same speaker goes on"""
    following = tokens[at + 1]
    if not grammar.is_a("joins", tokens[at].lower) or following.lower not in grammar.cues:
        return False
    return following.lower.endswith(("ed", "ing", "said", "told")) and not grammar.is_a("nouns", following.lower)


def leaves(tokens: Tokens, at: int, grammar: Grammar) -> bool:
    word = tokens[at].lower
    restates = at + 1 < len(tokens) and grammar.is_a("restated", tokens[at + 1].lower)
    if grammar.is_a("content_stops", word) or (restates and grammar.is_a("determiners", word)):
        return True
    if grammar.is_a("joins", word) and at + 2 < len(tokens):
        following = tokens[at + 1 : at + 3]
        return any(_is_cue(token, grammar) for token in following)
    return word in grammar.cues and word.endswith("ing")


def quotes_behind(tokens: Tokens, at: int) -> bool:
    """Does a quotation follow as the content: dijo: “…”"""
    return any(token.kind == QUOTE for token in tokens[at : at + 2])


def _has_verb(tokens: Tokens, comma: int, grammar: Grammar) -> bool:
    """Smith, who denied it, said: what follows is said, not denied"""
    following = tokens[comma + 1]
    return tokens[comma].text == "," and _is_cue(following, grammar) and not following.lower.endswith("ing")


def _stop(token: Token) -> bool:
    return token.kind == QUOTE or token.text in ";:"


def _after_colon(tokens: Tokens, at: int, grammar: Grammar) -> int | None:
    for position in range(at, min(at + TO_COLON, len(tokens) - 1)):
        if tokens[position].text == ":":
            return position + 1
        if tokens[position].kind == QUOTE or tokens[position].text in ";." or _has_verb(tokens, position, grammar):
            return None
    return None


def _after_conjunction(tokens: Tokens, at: int, verb: str, reach: int, grammar: Grammar) -> int | None:
    has_object = grammar.is_a("determiners", tokens[at].lower) and not grammar.is_a("complementizers", tokens[at].lower)
    if has_object and not grammar.is_a("order", verb) and behind_day(tokens, at, grammar) == at:
        return None  # recommended a firm that is known
    for position in range(at, min(at + reach, len(tokens) - 1)):
        behind = tokens[position + 1].lower
        if is_title(tokens[position]) and grammar.is_a("complementizers", behind):
            continue
        if _stop(tokens[position]) or _is_cue(tokens[position], grammar):
            return None  # an official said Smith told Jones that …
        if grammar.is_a("complementizers", tokens[position].lower):
            return position
    return None


def is_title(token: Token) -> bool:
    """said on “State of the Union” that …"""
    return token.kind == QUOTE and not token.final and token.text.count(" ") <= MAX_TITLE


def _is_cue(token: Token, grammar: Grammar) -> bool:
    return token.lower in grammar.cues and not grammar.is_a("nouns", token.lower)


def _order(tokens: Tokens, at: int, grammar: Grammar) -> int | None:
    """told Zelensky (not) to expect: from “not” or “to”."""
    for position in range(at + 1, min(at + 6, len(tokens) - 1)):
        word = tokens[position].lower
        if _stop(tokens[position]) or tokens[position].text == "," or grammar.is_a("complementizers", word):
            return None
        if grammar.is_a("infinitive", word):
            return position - 1 if grammar.is_a("negations", tokens[position - 1].lower) else position
    return None


def _quoted(tokens: Tokens, at: int, kind: str, grammar: Grammar) -> int | None:
    position = next((n for n in range(at, min(at + TO_QUOTATION, len(tokens))) if _stop(tokens[n])), None)
    if position is None or tokens[position].kind != QUOTE:
        return None
    lead = tokens[at:position]
    if any(_has_verb(tokens, comma, grammar) for comma in range(at, position)):
        return None
    if not lead or lead[-1].text in ",:" or (kind == "quote" and len(lead) <= 2 and _is_preposition(lead[0], grammar)):
        return position
    if any(token.text == "," for token in lead) or len(lead) > 9:
        return None
    if kind != "describe" and (_is_preposition(lead[0], grammar) or _is_addressee(lead)):
        return position
    return at


def _is_addressee(lead: Tokens) -> bool:
    return len(lead) == 1 or all(token.is_name for token in lead)


def _described(tokens: Tokens, at: int, grammar: Grammar) -> int | None:
    """characterized the talk as heated; called him a liar. Not: called the police, called off the strike."""
    following = tokens[at : at + 10]
    if len(following) < MIN_WORDS or following[0].kind != WORD or _is_preposition(following[0], grammar):
        return None
    if any(grammar.is_a("auxiliaries", token.lower) and token.lower != "’s" for token in following[:8]):
        return None  # the group called the Sea Org was …
    participle = following[0].lower.endswith("ing") and following[0].text.islower()
    if participle or any(grammar.is_a("as", token.lower) for token in following[1:]):
        return at
    if grammar.is_a("as", following[0].lower):
        return None
    start = following[:4]
    if len(start) < 4 or start[0].lower in ("a", "an") or any(token.kind != WORD for token in start[:3]):
        return None
    return None if any(_is_preposition(token, grammar) for token in start) else at


def _object(tokens: Tokens, at: int, verb: str, grammar: Grammar) -> int | None:
    """urged Congress to act, vowed to go on, denied any part in it, denied wrongdoing. Not: vowed never, rejected by
    voters, denied bail."""
    if grammar.is_a("denials", verb) and grammar.is_a("denied_alone", tokens[at].lower):
        return at
    if at + 2 > len(tokens) - 1 or tokens[at].kind != WORD:
        return None
    if grammar.is_a("infinitive", tokens[at].lower) or not _is_preposition(tokens[at], grammar):
        return None if grammar.is_a("conjunctions", tokens[at].lower) else at
    return None


def _is_preposition(token: Token, grammar: Grammar) -> bool:
    return grammar.is_a("prepositions", token.lower)
