"""The demo newsroom's annotation documents, checked as plain data.

No Django and no database: a seed that breaks these rules is broken whatever imports it.
Each rule is one function in RULES; BREAKAGES shows that each rule notices the damage it is there for.

Over 400 lines: each rule stands beside the damage that it must notice.
"""

import copy
import json
import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

SEEDS = sorted((Path(__file__).resolve().parents[2] / "seeds").glob("*.json"))
REAL_CASE = "biden-zelensky-call-2022.json"

KEYS = {
    "document": {"format", "article", "sources", "statements", "disputes"},
    "article": {"title", "url", "publisher", "byline", "language", "published_at", "status", "text"},
    "source": {"key", "name", "kind", "part_of", "anonymous", "description", "aliases", "same_as"},
    "statement": {
        "key", "text", "prefix", "suffix", "paraphrase", "quote_type", "source", "via", "said_on",
        "tag", "tag_reason", "evidence",
    },
    "evidence": {"key", "stance", "url", "title", "excerpt", "archived_url"},
    "dispute": {
        "key", "statement", "raised_by", "counter_statement", "kind", "scope", "note", "state", "resolution",
    },
}  # fmt: skip
CHOICES = {
    "source": {"kind": {"person", "organization", "outlet", "document", "account"}},
    "statement": {
        "quote_type": {"direct", "indirect", "mixed", "narration"},
        "tag": {"asserted", "denied", "unverified"},
    },
    "evidence": {"stance": {"supports", "refutes", "context"}},
    "dispute": {
        "kind": {"denial", "contradiction", "correction", "clarification"},
        "scope": {"whole", "part"},
        "state": {"open", "upheld", "rejected", "withdrawn"},
    },
    "article": {"status": {"draft", "published", "withdrawn"}},
}
NULLABLE = {"publisher", "part_of", "source", "said_on", "counter_statement", "archived_url"}
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
REASON_LENGTH = range(1, 2001)
LEAST = {"statements": 14, "disputes": 5, "evidence": 4, "chain": 2, "narrations": 2}
VERDICTS = re.compile(r"\b(true|untrue|false|falsely|lie|lies|lied|lying|fake|misinformation|fact)\b", re.I)
QUOTED = re.compile(r"“[^”]*”")

# What officials said in the real case, word for word. The newsroom's own sentences may change, these may not.
OFFICIAL_WORDS = (
    "A Russian invasion is now virtually certain once the ground freezes, Biden said to Zelensky",
    "“sacked”",
    "“prepare for impact”",
    "“This is not true. President Biden said that there is a distinct possibility that the Russians could "
    "invade Ukraine in February. He has previously said this publicly & we have been warning about this for "
    "months. Reports of anything more or different than that are completely false.”",
    "“some reports regarding today’s conversation of President Zelenskyy and President Biden are completely false.”",
    "“President Biden reaffirmed the readiness of the United States along with its allies and partners to "
    "respond decisively if Russia further invades Ukraine. He also underscored the commitment of the United "
    "States to Ukraine’s sovereignty and territorial integrity.”",
    "“the leaders discussed coordinated diplomatic efforts on European security, underscoring the principle "
    "of ‘nothing about Ukraine without Ukraine’.”",
)


# --- reading a document -------------------------------------------------------------------------------


def load(path):
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_repeated_names)


def _no_repeated_names(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a JSON object names a member twice: {names}"
    return dict(pairs)


def objects(document):
    """Every object of the document as (what it is, the object)."""
    yield "document", document
    yield "article", document["article"]
    for what in ("source", "statement", "dispute"):
        for each in document[f"{what}s"]:
            yield what, each
    for statement in document["statements"]:
        for each in statement["evidence"]:
            yield "evidence", each


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def positions(text, statement):
    """Every place where the passage stands in its context; overlapping ones count."""
    passage, prefix, suffix = statement["text"], statement["prefix"], statement["suffix"]
    found, at = [], text.find(passage)
    while at != -1:
        end = at + len(passage)
        if text[:at].endswith(prefix) and text[end:].startswith(suffix):
            found.append((at, end))
        at = text.find(passage, at + 1)
    return found


def by_key(rows):
    return {row["key"]: row for row in rows}


# --- the rules: each takes a document and raises AssertionError if it is broken ------------------------


def format_and_members_are_exact(document):
    assert document["format"] == "factcheck-annotations/1"
    for what, each in objects(document):
        assert set(each) == KEYS[what], f"{what} {each.get('key')}: {sorted(set(each) ^ KEYS[what])}"


def values_have_their_types(document):
    lists, booleans = {"aliases", "same_as", "via", "evidence"}, {"anonymous"}
    for what, each in objects(document):
        if what == "document":
            continue
        for name, value in each.items():
            where = f"{what} {each.get('key')}.{name}"
            if name in lists:
                assert isinstance(value, list), where
            elif name in booleans:
                assert isinstance(value, bool), where
            else:
                assert isinstance(value, str) or (name in NULLABLE and value is None), where


def choices_are_known(document):
    for what, each in objects(document):
        for name, allowed in CHOICES.get(what, {}).items():
            assert each[name] in allowed, f"{what} {each.get('key')}.{name} is {each[name]!r}"


def obligatory_texts_are_filled(document):
    obligatory = {
        "article": ("title", "url", "language", "text"),
        "source": ("key", "name"),
        "statement": ("key", "text", "tag_reason"),
        "evidence": ("key", "url", "title"),
        "dispute": ("key",),
    }
    for what, each in objects(document):
        for name in obligatory.get(what, ()):
            assert each[name].strip(), f"{what} {each.get('key')}.{name} is empty"


def text_is_storable(document):
    for each in strings(document):
        assert "\0" not in each, "NUL"
        assert not re.search("[\ud800-\udfff]", each), "lone surrogate"
        assert each == each.strip(), f"white space at an end of {each[:40]!r}"


def every_passage_occurs_exactly_once(document):
    text = document["article"]["text"]
    for statement in document["statements"]:
        assert statement["text"], statement["key"]
        found = positions(text, statement)
        assert len(found) == 1, f"{statement['key']} occurs {len(found)} times"


def context_is_given_only_where_needed(document):
    text = document["article"]["text"]
    for statement in document["statements"]:
        bare = positions(text, statement | {"prefix": "", "suffix": ""})
        if len(bare) == 1:
            assert statement["prefix"] == statement["suffix"] == "", statement["key"]


def statements_follow_the_text(document):
    text = document["article"]["text"]
    spans = [positions(text, each)[0] for each in document["statements"]]
    assert spans == sorted(spans, key=lambda span: (span[0], -span[1]))
    assert len(spans) == len(set(spans)), "two statements on one passage"


def keys_are_unique_slugs(document):
    for rows in ("sources", "statements", "disputes"):
        _unique_slugs([each["key"] for each in document[rows]])
    _unique_slugs([each["key"] for what, each in objects(document) if what == "evidence"])


def _unique_slugs(keys):
    assert not [key for key, count in Counter(keys).items() if count > 1], keys
    assert all(SLUG.fullmatch(key) for key in keys), keys


def references_resolve(document):
    sources, statements = by_key(document["sources"]), by_key(document["statements"])
    assert document["article"]["publisher"] in sources
    for each in document["sources"]:
        assert each["part_of"] is None or each["part_of"] in sources, each["key"]
    for each in document["statements"]:
        assert each["source"] is None or each["source"] in sources, each["key"]
        assert set(each["via"]) <= set(sources), each["key"]
    for each in document["disputes"]:
        assert each["statement"] in statements, each["key"]
        assert each["raised_by"] in sources, each["key"]
        assert each["counter_statement"] is None or each["counter_statement"] in statements, each["key"]


def part_of_has_no_cycle(document):
    parent = {each["key"]: each["part_of"] for each in document["sources"]}
    for start in parent:
        seen, at = set(), start
        while at is not None:
            assert at not in seen, f"{start} belongs to itself"
            seen.add(at)
            at = parent.get(at)


def chains_do_not_repeat_a_source(document):
    for each in document["statements"]:
        chain = [each["source"], *each["via"]]
        assert len(chain) == len(set(chain)), each["key"]


def every_source_is_needed(document):
    needed = {document["article"]["publisher"]}
    for each in document["statements"]:
        needed |= {each["source"], *each["via"]}
    needed |= {each["raised_by"] for each in document["disputes"]}
    parent = {each["key"]: each["part_of"] for each in document["sources"]}
    while more := {parent.get(key) for key in needed} - needed:
        needed |= more
    assert set(parent) <= needed, set(parent) - needed


def sources_cannot_be_confused(document):
    """An import matches by same_as, else by exact name or alias and kind: no two may answer to one name."""
    names = Counter((each["kind"], name) for each in document["sources"] for name in {each["name"], *each["aliases"]})
    links = Counter(link for each in document["sources"] for link in each["same_as"])
    assert not [name for name, count in (names + links).items() if count > 1]


def only_narration_has_no_source(document):
    for each in document["statements"]:
        assert (each["source"] is None) == (each["quote_type"] == "narration"), each["key"]
        assert each["source"] is not None or not each["via"], f"{each['key']}: narration has no chain"


def reasons_have_a_length(document):
    for each in document["statements"]:
        assert len(each["tag_reason"]) in REASON_LENGTH, each["key"]
    for each in document["disputes"]:
        assert not each["resolution"] or len(each["resolution"]) in REASON_LENGTH, each["key"]


def reasons_are_no_verdicts(document):
    """A tag says who stands behind a statement. Only inside quotation marks may anything be called false."""
    for each in document["statements"]:
        assert not VERDICTS.search(QUOTED.sub("", each["tag_reason"])), each["key"]
    for each in document["disputes"]:
        assert not VERDICTS.search(QUOTED.sub("", each["resolution"])), each["key"]


def disputes_are_resolved_with_a_reason(document):
    for each in document["disputes"]:
        assert (each["state"] != "open") == bool(each["resolution"].strip()), each["key"]


def disputes_have_two_sides(document):
    for each in document["disputes"]:
        assert each["counter_statement"] != each["statement"], each["key"]


def open_disputes_are_not_doubled(document):
    sides = Counter(
        (each["statement"], each["raised_by"], each["counter_statement"])
        for each in document["disputes"]
        if each["state"] == "open"
    )
    assert not [side for side, count in sides.items() if count > 1]


def addresses_and_times_are_well_formed(document):
    article = document["article"]
    published = datetime.strptime(article["published_at"], "%Y-%m-%dT%H:%M:%SZ").date()
    links = [link for each in document["sources"] for link in each["same_as"]]
    for what, each in objects(document):
        if what == "evidence":
            links += [each["url"], each["archived_url"] or each["url"]]
    for link in [article["url"], *links]:
        assert re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+/\S*", link), link
    for each in document["statements"]:
        if each["said_on"] is not None:
            assert date.fromisoformat(each["said_on"]) <= published, f"{each['key']} is from the future"


def desk_checks_on_tags_are_clean(document):
    """Section 9: no asserted statement under dispute, no denied one without dispute or refuting evidence."""
    against = {each["statement"] for each in document["disputes"] if each["state"] in {"open", "upheld"}}
    disputed = {each["statement"] for each in document["disputes"]}
    statements = by_key(document["statements"])
    anonymous = {each["key"] for each in document["sources"] if each["anonymous"]}
    for key, each in statements.items():
        if each["tag"] == "asserted":
            assert key not in against, f"{key} is asserted, yet disputed"
            assert not anonymous & {each["source"], *each["via"]}, f"{key} is asserted on an anonymous word"
        if each["tag"] == "denied":
            refuted = any(item["stance"] == "refutes" for item in each["evidence"])
            assert key in disputed or refuted, f"{key} is denied by nobody"
    for each in document["disputes"]:
        sides = {each["statement"], each["counter_statement"]} - {None}
        tags = [statements[key]["tag"] for key in sides]
        assert tags != ["asserted", "asserted"], f"{each['key']}: both sides asserted"


def document_shows_what_the_service_is_for(document):
    statements, disputes = document["statements"], document["disputes"]
    sources = by_key(document["sources"])
    count = Counter(what for what, _ in objects(document))
    assert count["statement"] >= LEAST["statements"]
    assert count["dispute"] >= LEAST["disputes"]
    assert count["evidence"] >= LEAST["evidence"]
    assert {each["tag"] for each in statements} == CHOICES["statement"]["tag"]
    assert {each["quote_type"] for each in statements} == CHOICES["statement"]["quote_type"]
    assert sum(each["quote_type"] == "narration" for each in statements) >= LEAST["narrations"]
    assert {each["scope"] for each in disputes} == CHOICES["dispute"]["scope"]
    assert len({each["kind"] for each in disputes}) >= 3
    assert {each["state"] for each in disputes} > {"open"}, "some open, some resolved"
    deep = [each for each in statements if len(each["via"]) >= LEAST["chain"]]
    assert any(sources[each["via"][0]]["anonymous"] for each in deep), "no long chain from an unnamed source"
    assert any(each["kind"] == "document" and each["part_of"] for each in sources.values())
    grandparents = {sources[each["part_of"]]["part_of"] for each in sources.values() if each["part_of"]}
    assert grandparents - {None}, "no affiliation two deep"


def some_passages_nest(document):
    text = document["article"]["text"]
    spans = [(*positions(text, each)[0], each["source"]) for each in document["statements"]]
    assert any((a, b) != (c, d) and a <= c and d <= b and who != whom for a, b, who in spans for c, d, whom in spans), (
        "no statement of one source inside that of another"
    )


RULES = [
    format_and_members_are_exact,
    values_have_their_types,
    choices_are_known,
    obligatory_texts_are_filled,
    text_is_storable,
    every_passage_occurs_exactly_once,
    context_is_given_only_where_needed,
    statements_follow_the_text,
    keys_are_unique_slugs,
    references_resolve,
    part_of_has_no_cycle,
    chains_do_not_repeat_a_source,
    every_source_is_needed,
    sources_cannot_be_confused,
    only_narration_has_no_source,
    reasons_have_a_length,
    reasons_are_no_verdicts,
    disputes_are_resolved_with_a_reason,
    disputes_have_two_sides,
    open_disputes_are_not_doubled,
    addresses_and_times_are_well_formed,
    desk_checks_on_tags_are_clean,
    document_shows_what_the_service_is_for,
    some_passages_nest,
]


def name_of(value):
    return value.name if isinstance(value, Path) else value.__name__


def test_there_is_a_seed_and_it_is_the_real_case():
    assert REAL_CASE in [path.name for path in SEEDS]


@pytest.mark.parametrize("rule", RULES, ids=name_of)
@pytest.mark.parametrize("path", SEEDS, ids=name_of)
def test_every_seed_keeps_every_rule(path, rule):
    rule(load(path))


@pytest.mark.parametrize("path", SEEDS, ids=name_of)
def test_seeds_are_utf8_with_two_spaces_so_that_diffs_stay_small(path):
    expected = json.dumps(load(path), ensure_ascii=False, indent=2) + "\n"
    assert path.read_bytes() == expected.encode("utf-8")


# --- the real case ---------------------------------------------------------------------------------------


@pytest.fixture
def call():
    return load(next(path for path in SEEDS if path.name == REAL_CASE))


@pytest.mark.parametrize("words", OFFICIAL_WORDS)
def test_the_officials_words_stand_in_the_article_to_the_letter(call, words):
    assert call["article"]["text"].count(words) == 1


def test_the_article_is_a_news_story_of_a_readable_length(call):
    text = call["article"]["text"]
    assert 450 <= len(text.split()) <= 650
    assert len(text.split("\n\n")) >= 6
    assert "\n" not in text.replace("\n\n", "")


@pytest.mark.parametrize(
    ("key", "chain"),
    [
        ("emily-horne", ["national-security-council", "white-house"]),
        ("alexander-marquardt", ["cnn"]),
        ("zelensky-spokesperson", ["office-president-ukraine"]),
        ("white-house-readout", ["white-house"]),
    ],
)
def test_speakers_belong_to_whom_they_speak_for(call, key, chain):
    part_of_has_no_cycle(call)
    sources, found = by_key(call["sources"]), []
    while key := sources[key]["part_of"]:
        found.append(key)
    assert found == chain


def test_the_whole_post_is_marquardts_and_the_claim_within_it_is_bidens(call):
    statements, text = by_key(call["statements"]), call["article"]["text"]
    outer, inner = statements["marquardt-post"], statements["biden-virtually-certain"]
    (start, end), (inner_start, inner_end) = positions(text, outer)[0], positions(text, inner)[0]
    assert start < inner_start < inner_end < end
    assert (outer["source"], outer["via"]) == ("alexander-marquardt", [])
    assert inner["source"] == "joe-biden"
    assert inner["via"][0] == "unnamed-ukrainian-official"
    assert inner["via"][-1] == "alexander-marquardt"


def test_kyivs_first_denial_is_second_hand_and_so_stays_unverified(call):
    line = by_key(call["statements"])["spokesperson-some-reports"]
    assert (line["source"], line["via"]) == ("zelensky-spokesperson", ["emily-horne"])
    assert line["tag"] == "unverified"


def test_the_silence_of_the_readout_is_narration_and_denies_nothing(call):
    silence = by_key(call["statements"])["readout-silent-on-disagreement"]
    assert silence["quote_type"] == "narration"
    raised = [each for each in call["disputes"] if each["counter_statement"] == silence["key"]]
    assert [(each["kind"], each["state"]) for each in raised] == [("contradiction", "rejected")]


# --- the rules notice -------------------------------------------------------------------------------------


def _first(document, rows, **wanted):
    return next(each for each in document[rows] if all(each[name] == value for name, value in wanted.items()))


def _set(rows, name, value, **wanted):
    return lambda document: _first(document, rows, **wanted).update({name: value})


def _article(**changes):
    return lambda document: document["article"].update(changes)


def _evidence(**changes):
    return lambda document: next(each["evidence"][0] for each in document["statements"]).update(changes)


def _twice(rows, **changes):
    return lambda document: document[rows].append(document[rows][0] | changes)


def _passage_twice(document):
    document["article"]["text"] += "\n\n" + document["statements"][0]["text"]


def _needless_prefix(document):
    passage = document["statements"][-1]
    start, _ = positions(document["article"]["text"], passage)[0]
    passage["prefix"] = document["article"]["text"][start - 5 : start]


def _one_passage_two_statements(document):
    document["statements"].insert(0, document["statements"][0])


def _evidence_twice(document):
    document["statements"][0]["evidence"] += document["statements"][1]["evidence"]


def _part_of_itself(document):
    document["sources"][0]["part_of"] = document["sources"][0]["key"]


def _self_dispute(document):
    dispute = document["disputes"][0]
    dispute["counter_statement"] = dispute["statement"]


def _cycle(document):
    leaf = next(each for each in document["sources"] if each["part_of"])
    by_key(document["sources"])[leaf["part_of"]]["part_of"] = leaf["key"]


def _loop_in_chain(document):
    each = next(each for each in document["statements"] if each["via"])
    each["via"].append(each["source"])


def _nameless_namesake(document):
    document["sources"][1]["aliases"].append("Nobody")
    document["sources"][2].update(kind=document["sources"][1]["kind"], name="Nobody")


def _shared_link(document):
    for each in document["sources"][:2]:
        each["same_as"] = ["https://example.org/same"]


def _useless_source(document):
    document["sources"].append(document["sources"][0] | {"key": "bystander", "name": "A bystander"})


def _asserted_under_dispute(document):
    dispute = _first(document, "disputes", state="open")
    by_key(document["statements"])[dispute["statement"]]["tag"] = "asserted"


def _denied_by_nobody(document):
    disputed = {each["statement"] for each in document["disputes"]}
    for each in document["statements"]:
        if each["key"] not in disputed:
            each["tag"], each["evidence"] = "denied", []


def _asserted_on_an_anonymous_word(document):
    anonymous = _first(document, "sources", anonymous=True)["key"]
    _first(document, "statements", tag="asserted", quote_type="direct")["source"] = anonymous


def _both_sides_asserted(document):
    dispute = _first(document, "disputes", state="rejected")
    for key in (dispute["statement"], dispute["counter_statement"]):
        by_key(document["statements"])[key]["tag"] = "asserted"
    document["disputes"] = [dispute]
    for each in document["statements"]:
        each["via"] = []
        if each["tag"] == "denied":
            each["tag"] = "unverified"


def _no_chains(document):
    for each in document["statements"]:
        each["via"] = each["via"][:1]


def _nobody_anonymous(document):
    for each in document["sources"]:
        each["anonymous"] = False


def _flat_affiliations(document):
    for each in document["sources"]:
        each["part_of"] = None


def _all_resolved(document):
    for each in document["disputes"]:
        each.update(state="upheld", resolution="Because.")


def _fewer(rows, left):
    return lambda document: document.update({rows: document[rows][:left]})


def _no_evidence(document):
    for each in document["statements"]:
        each["evidence"] = []


def _one_tag(document):
    for each in document["statements"]:
        each["tag"] = "unverified"


def _one_scope(document):
    for each in document["disputes"]:
        each["scope"] = "whole"


def _nothing_nested(document):
    text = document["article"]["text"]
    spans, end = [], 0
    for each in document["statements"]:
        start, stop = positions(text, each)[0]
        if start >= end:
            spans.append(each)
            end = stop
    document["statements"] = spans


BREAKAGES = [
    (format_and_members_are_exact, lambda document: document.update(format="factcheck-annotations/2")),
    (format_and_members_are_exact, lambda document: document.update(comment="")),
    (format_and_members_are_exact, lambda document: document["statements"][3].pop("said_on")),
    (format_and_members_are_exact, _evidence(note="")),
    (values_have_their_types, _set("statements", "paraphrase", None)),
    (values_have_their_types, _set("sources", "anonymous", "yes")),
    (values_have_their_types, _set("statements", "via", "cnn")),
    (choices_are_known, _set("statements", "tag", "true")),
    (choices_are_known, _set("sources", "kind", "bot")),
    (choices_are_known, _set("disputes", "state", "closed")),
    (choices_are_known, _evidence(stance="proves")),
    (choices_are_known, _article(status="live")),
    (obligatory_texts_are_filled, _set("statements", "tag_reason", "  ")),
    (obligatory_texts_are_filled, _evidence(url="")),
    (obligatory_texts_are_filled, _article(title="")),
    (text_is_storable, _article(text="A\0B")),
    (text_is_storable, _set("sources", "description", "\ud800")),
    (text_is_storable, _set("disputes", "note", " padded")),
    (every_passage_occurs_exactly_once, _set("statements", "text", "Nobody wrote this.")),
    (every_passage_occurs_exactly_once, _set("statements", "text", "")),
    (every_passage_occurs_exactly_once, _passage_twice),
    (every_passage_occurs_exactly_once, _set("statements", "prefix", "not what precedes it")),
    (every_passage_occurs_exactly_once, _set("statements", "suffix", "not what follows it")),
    (context_is_given_only_where_needed, _needless_prefix),
    (statements_follow_the_text, lambda document: document["statements"].reverse()),
    (statements_follow_the_text, _one_passage_two_statements),
    (keys_are_unique_slugs, _twice("sources")),
    (keys_are_unique_slugs, _twice("statements")),
    (keys_are_unique_slugs, _twice("disputes")),
    (keys_are_unique_slugs, _set("statements", "key", "Not a Slug")),
    (keys_are_unique_slugs, _evidence_twice),
    (references_resolve, _article(publisher="nobody")),
    (references_resolve, _set("sources", "part_of", "nobody")),
    (references_resolve, _set("statements", "source", "nobody")),
    (references_resolve, _set("statements", "via", ["nobody"])),
    (references_resolve, _set("disputes", "statement", "nothing")),
    (references_resolve, _set("disputes", "raised_by", "nobody")),
    (references_resolve, _set("disputes", "counter_statement", "nothing")),
    (part_of_has_no_cycle, _cycle),
    (part_of_has_no_cycle, _part_of_itself),
    (chains_do_not_repeat_a_source, _loop_in_chain),
    (every_source_is_needed, _useless_source),
    (sources_cannot_be_confused, _nameless_namesake),
    (sources_cannot_be_confused, _shared_link),
    (only_narration_has_no_source, _set("statements", "source", None, quote_type="direct")),
    (only_narration_has_no_source, _set("statements", "source", "cnn", quote_type="narration")),
    (only_narration_has_no_source, _set("statements", "via", ["cnn"], quote_type="narration")),
    (reasons_have_a_length, _set("statements", "tag_reason", "")),
    (reasons_have_a_length, _set("statements", "tag_reason", "x" * 2001)),
    (reasons_have_a_length, _set("disputes", "resolution", "x" * 2001, state="rejected")),
    (reasons_are_no_verdicts, _set("statements", "tag_reason", "The official lied; the report is false.")),
    (reasons_are_no_verdicts, _set("disputes", "resolution", "Rejected, as it is untrue.")),
    (disputes_are_resolved_with_a_reason, _set("disputes", "resolution", "", state="rejected")),
    (disputes_are_resolved_with_a_reason, _set("disputes", "resolution", "Done.", state="open")),
    (disputes_have_two_sides, _self_dispute),
    (open_disputes_are_not_doubled, _twice("disputes", key="once-more")),
    (addresses_and_times_are_well_formed, _article(url="http://news.example/plain")),
    (addresses_and_times_are_well_formed, _evidence(archived_url="archive")),
    (addresses_and_times_are_well_formed, _set("sources", "same_as", ["Q6279"])),
    (addresses_and_times_are_well_formed, _set("statements", "said_on", "2999-01-01")),
    (desk_checks_on_tags_are_clean, _asserted_under_dispute),
    (desk_checks_on_tags_are_clean, _denied_by_nobody),
    (desk_checks_on_tags_are_clean, _asserted_on_an_anonymous_word),
    (desk_checks_on_tags_are_clean, _both_sides_asserted),
    (document_shows_what_the_service_is_for, _fewer("statements", LEAST["statements"] - 1)),
    (document_shows_what_the_service_is_for, _fewer("disputes", LEAST["disputes"] - 1)),
    (document_shows_what_the_service_is_for, _no_evidence),
    (document_shows_what_the_service_is_for, _one_tag),
    (document_shows_what_the_service_is_for, _one_scope),
    (document_shows_what_the_service_is_for, _all_resolved),
    (document_shows_what_the_service_is_for, _no_chains),
    (document_shows_what_the_service_is_for, _nobody_anonymous),
    (document_shows_what_the_service_is_for, _flat_affiliations),
    (some_passages_nest, _nothing_nested),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "damage"),
    BREAKAGES,
    ids=[f"{number}-{rule.__name__}" for number, (rule, _) in enumerate(BREAKAGES)],
)
def test_each_rule_notices_the_damage_it_is_there_for(call, rule, damage):
    broken = copy.deepcopy(call)
    damage(broken)
    assert broken != call, "the damage did nothing"
    rule(call)
    with pytest.raises(AssertionError):
        rule(broken)


def test_no_rule_is_without_a_breakage_that_proves_it():
    assert {rule for rule, _ in BREAKAGES} == set(RULES)


def test_a_member_named_twice_is_noticed():
    with pytest.raises(AssertionError):
        json.loads('{"tag": "denied", "tag": "asserted"}', object_pairs_hook=_no_repeated_names)


def test_a_passage_that_stands_twice_is_told_apart_by_its_context():
    text = "He said no. She said no."
    twice = {"text": "said no", "prefix": "", "suffix": ""}
    assert len(positions(text, twice)) == 2
    assert positions(text, twice | {"prefix": "She "}) == [(16, 23)]
    assert positions(text, twice | {"suffix": ". She"}) == [(3, 10)]
