"""The text of a search, as SQL functions: stored text and query go through the same ones.

They give the same in every cluster. What depends on a locale, such as which characters are letters, is asked of
the collation pg_c_utf8; PostgreSQL's own parser of texts is not used: with LC_CTYPE=C a quotation mark is a letter
to it.
"""

# Seen by nobody: soft hyphen, tatweel, zero-width spaces and joiners, marks of direction, variants of a character.
HIDDEN = r"[\u00AD\u0640\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFE00-\uFE0F\uFEFF]"
# Accents of Latin, Greek and Cyrillic, vowel signs of Hebrew and Arabic. Not of Indic scripts, where they are letters,
# and not those of й and ї, which are letters of their own.
MARKS = (
    r"(?<![\u0438\u0456])[\u0300-\u036F\u0483-\u0487\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]+"
    r"|[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7]+"
    r"|[\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E8\u06EA-\u06ED\u08CA-\u08E1\u08E3-\u08FF]+"
)
# Letters that have no decomposition, and letters that are written in two ways; then digits of other scripts.
LETTERS = {
    "łøđðıħŧŋĸƀɓɗɠƙƴəςىیک": "loddihtnqbbdgkyeσييك",  # noqa: RUF001
    **{"".join(chr(zero + n) for n in range(10)): "0123456789" for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)},
}
PAIRED_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
# Scripts written without spaces between words, and Hangul, where a word and its particles are one: cut into pairs.
UNSPACED = (
    r"\u0E01-\u0E3A\u0E40-\u0E4E\u0E81-\u0ECF\u0EDC-\u0EDF\u1000-\u1049\u1050-\u109F\u1780-\u17D3\u17DC\u17DD"
    r"\u17E0-\u17E9\u3005-\u3007\u3041-\u309F\u30A1-\u30FA\u30FC-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF"
    r"\uA9E0-\uA9FE\uAA60-\uAA7F\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U000323AF"
)
# What else belongs to a word: letters and digits, and the marks of Indic scripts.
NO_WORD = rf"[^[:alnum:]{UNSPACED}\u0900-\u0963\u0970-\u0DF3]+"
# Typographic signs → those of a keyboard.
SIGNS = {"‘’‚‛′ʹʻʼ`´": "'", "“”„‟«»″": '"', "‐‑‒–—―−": "-"}  # noqa: RUF001
# The first part of an article's language → PostgreSQL's stemmer.
STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


def literal(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def translated(value: str, pairs: dict[str, str]) -> str:
    """SQL that replaces each character of a key by the one in its place in the value, or by the only one there."""
    replaced = "".join(pairs)
    by = "".join(value if len(value) > 1 else value * len(key) for key, value in pairs.items())
    return f"translate({value}, {literal(replaced)}, {literal(by)})"


def replaced(value: str, pairs: dict[str, str]) -> str:
    for key, by in pairs.items():
        value = f"replace({value}, '{key}', '{by}')"
    return value


# A name as it is compared with what was typed: case, width, composition, spaces and the look of signs set aside.
NAME = rf"""
CREATE OR REPLACE FUNCTION search_name(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    name text COLLATE pg_c_utf8 := value;
BEGIN
    name := {translated(f"regexp_replace(name, '{HIDDEN}', '', 'g')", SIGNS)};
    RETURN btrim(regexp_replace(lower(normalize(name, NFKC)), '\s+', ' ', 'g'));
END $$;
"""

# The words of a text with one space between them, without case, accents and punctuation. A run of an unspaced script
# becomes its pairs, between its first and its last character: 乌克兰 → 乌 乌克 克兰 兰.
TEXT = rf"""
CREATE OR REPLACE FUNCTION search_text(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words text COLLATE pg_c_utf8 := value;
BEGIN  -- the conditions only save time
    IF words ~ '[^\x01-\x7F]' THEN
        words := lower(normalize(regexp_replace(words, '{HIDDEN}', '', 'g'), NFKC));
        words := regexp_replace(normalize(words, NFD), '{MARKS}', '', 'g');
        IF words ~ '[{"".join([*LETTERS, *PAIRED_LETTERS])}]' THEN
            words := {replaced(translated("words", LETTERS), PAIRED_LETTERS)};
        END IF;
        words := normalize(words, NFC);
        IF words ~ '[{UNSPACED}]' THEN
            words := regexp_replace(words, '([{UNSPACED}]+)', ' \1 ', 'g');
            words := regexp_replace(words, '([{UNSPACED}])', '\1 \1', 'g');
        END IF;
        RETURN btrim(regexp_replace(words, '{NO_WORD}', ' ', 'g'));
    END IF;
    RETURN btrim(regexp_replace(lower(words), '[^a-z0-9]+', ' ', 'g'));
END $$;
"""
CASES = " ".join(f"WHEN '{code}' THEN '{name}_stem'::regdictionary" for code, name in STEMMERS.items())
STEMMER = f"""
CREATE OR REPLACE FUNCTION search_stemmer(language text) RETURNS regdictionary LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE language {CASES} END;
"""
# Each word in its place, and its stem beside it with the language at its end: `sacked`, `sack_en`. `classes` has a
# letter for each field, the class of its words as in setweight; none is D. A place is left free between two fields, so
# that no phrase reaches from one into the next. Of a word the first 100 characters count, of a field the first 100,000,
# and of all fields 200,000: a tsvector holds at most 1 MB. In PL/pgSQL the query for a field is planned once in a
# session; in SQL each call would plan it again.
WORDS = r"""
CREATE OR REPLACE FUNCTION search_words_in_classes(language text, classes text, fields text[]) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    code text := lower(split_part(language, '-', 1));
    stemmer regdictionary := search_stemmer(code);
    ending text := '_' || code;
    class text;
    lexemes text := '';
    field text;
    words text;
    nth integer := 0;
    room integer := 200000;
    used integer := 0;
BEGIN
    FOREACH field IN ARRAY fields LOOP
        nth := nth + 1;
        CONTINUE WHEN field = '';  -- most of a statement's: it saves time
        words := left(search_text(left(field, 100000)), room);
        CONTINUE WHEN words IS NULL OR words = '';
        room := room - length(words);
        class := substr(classes, nth, 1);
        used := used + 1;
        SELECT concat_ws(' ', lexemes, string_agg(word || at || CASE
            WHEN word < U&'\0E00' THEN coalesce(' ' || (ts_lexize(stemmer, word))[1] || ending || at, '')
            ELSE '' END, ' ')), used + count(*)
        INTO lexemes, used FROM (
            SELECT left(word, 100) COLLATE "C" AS word, ':' || least(used + place, 16383) || class AS at
            FROM string_to_table(words, ' ') WITH ORDINALITY AS w(word, place) OFFSET 0
        ) placed;
    END LOOP;
    RETURN lexemes::tsvector;
END $$;
CREATE OR REPLACE FUNCTION search_words(language text, VARIADIC fields text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN search_words_in_classes(language, '', fields);
"""
# A word as it is written, or one of its stems in these languages.
FORMS = """
CREATE OR REPLACE FUNCTION search_forms(word text, languages text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT '(' || concat_ws(' | ', word, string_agg(stem, ' | ')) || ')'
        FROM unnest(languages) code, LATERAL (SELECT (ts_lexize(search_stemmer(code), word))[1] || '_' || code) s(stem)
    );
"""
# The query for a word, or for words that stand side by side. Of an unspaced run the first and the last character alone
# are left out, since the run may go on there; a single character is the beginning of a pair.
QUERY = f"""
CREATE OR REPLACE FUNCTION search_query(value text, languages text[]) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        WITH parts AS (
            SELECT left(word, 100) AS word, word COLLATE pg_c_utf8 ~ '[{UNSPACED}]' AS is_unspaced, place,
                count(*) OVER () AS last FROM string_to_table(search_text(value), ' ') WITH ORDINALITY AS w(word, place)
            WHERE word <> ''
        ), inner_parts AS (SELECT * FROM parts WHERE NOT (is_unspaced AND place IN (1, last)))
        SELECT coalesce(
            (SELECT string_agg(
                CASE WHEN is_unspaced THEN word ELSE search_forms(word, languages) END, ' <-> ' ORDER BY place
            ) FROM inner_parts),
            (SELECT string_agg(word || ':*', ' & ') FROM parts WHERE place = 1), '')::tsquery
    );
"""  # noqa: S608
# For names that are still being typed: every word is the beginning of a word.
BEGINNINGS = """
CREATE OR REPLACE FUNCTION search_beginnings(value text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(string_agg(left(word, 100) || ':*', ' & '), '')::tsquery
        FROM string_to_table(search_text(value), ' ') AS w(word) WHERE word <> ''
    );
"""
# Statements and articles hold the sources that they refer to as words of this form.
SOURCES = """
CREATE OR REPLACE FUNCTION search_sources(ids bigint[]) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(string_agg('source_' || id, ' | '), '')::tsquery FROM unnest(ids) id);
CREATE OR REPLACE FUNCTION search_source_words(ids bigint[]) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(string_agg('source_' || id, ' '), '')::tsvector FROM unnest(ids) id);
CREATE OR REPLACE FUNCTION source_names(name text, aliases text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN search_words('', VARIADIC name || aliases);
CREATE OR REPLACE FUNCTION source_called(name text, aliases text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT search_name(one) FROM unnest(name || aliases) one);
"""
# Each word, and what is left of it without one of its letters: of two words of which one has a letter more, another
# letter, or two in the other order, one is the same. Zelensky, Zelenskyy and Zelenskiy have “zelensky” in common.
SPELLINGS = f"""
CREATE OR REPLACE FUNCTION search_spellings(value text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(
        SELECT DISTINCT CASE place WHEN 0 THEN word ELSE overlay(word PLACING '' FROM place FOR 1) END
        FROM (SELECT left(word, 30) AS word FROM string_to_table(search_text(value), ' ') AS w(word)) words,
            generate_series(0, CASE
                WHEN length(word) > 3 AND word COLLATE pg_c_utf8 !~ '[{UNSPACED}]' THEN length(word) ELSE 0 END
            ) place
    );
CREATE OR REPLACE FUNCTION source_spellings(name text, aliases text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT search_spellings(string_agg(one, ' ')) FROM unnest(name || aliases) one);
"""  # noqa: S608
# An index is built with an empty search path, in which PL/pgSQL does not find our functions.
SEARCH_PATHS = """
DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY '{search_name, search_text, search_words_in_classes}'::text[] LOOP
        EXECUTE format('ALTER FUNCTION %I SET search_path = %I, pg_temp', name, current_schema());
    END LOOP;
END $$;
"""
FUNCTIONS = [NAME, TEXT, STEMMER, WORDS, SEARCH_PATHS, FORMS, QUERY, BEGINNINGS, SOURCES, SPELLINGS]
