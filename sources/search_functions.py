"""The text of a search, as SQL functions: stored text and query go through the same ones.

They give the same in every cluster. What depends on a locale, such as which characters are letters, is asked of
the collation pg_c_utf8; PostgreSQL's own parser of texts is not used: with LC_CTYPE=C a quotation mark is a letter
to it.
"""

# Seen by nobody: soft hyphen, tatweel, zero-width spaces and joiners, marks of direction, variants of a character.
HIDDEN = r"[\u00AD\u0640\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFE00-\uFE0F\uFEFF]"
# Accents of Latin, Greek and Cyrillic, vowel signs of Hebrew and Arabic. Not of Indic scripts, where they are letters,
# and not those of й, ї and ӥ, which are letters of their own.
MARKS = (
    r"(?<![\u0438\u0456])[\u0306\u0308]+"
    r"|[\u0300-\u0305\u0307\u0309-\u036F\u0483-\u0487\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]+"
    r"|[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7]+"
    r"|[\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E8\u06EA-\u06ED\u08CA-\u08E1\u08E3-\u08FF]+"
)
# Letters that have no decomposition, and letters that are written in two ways.
LETTERS = {"łøđðıħŧŋĸƀɓɗɠƙƴəςىیک": "loddihtnqbbdgkyeσييك"}  # noqa: RUF001
DIGITS = {"".join(chr(zero + n) for n in range(10)): "0123456789" for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)}
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
    "et": "estonian", "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
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

# The words of a text with one space between them, in lower case and without punctuation. Of accents those are kept
# that are one with their letter, which stemmers need. A run of an unspaced script becomes its pairs, between its first
# and its last character: 乌克兰 → 乌 乌克 克兰 兰.
LETTERED = rf"""
CREATE OR REPLACE FUNCTION search_lettered(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words text COLLATE pg_c_utf8 := value;
BEGIN  -- the conditions only save time
    IF octet_length(words) > length(words) THEN
        words := lower(normalize(regexp_replace(words, '{HIDDEN}', '', 'g'), NFKC));
        words := regexp_replace(words, '{MARKS}', '', 'g');
        IF words ~ '[{"".join(DIGITS)}]' THEN
            words := {translated("words", DIGITS)};
        END IF;
        IF words ~ '[{UNSPACED}]' THEN
            words := regexp_replace(words, '([{UNSPACED}]+)', ' \1 ', 'g');
            words := regexp_replace(words, '([{UNSPACED}])', '\1 \1', 'g');
        END IF;
        RETURN btrim(regexp_replace(words, '{NO_WORD}', ' ', 'g'));
    END IF;
    RETURN btrim(regexp_replace(lower(words), '[^a-z0-9]+', ' ', 'g'));
END $$;
"""
# The same words without accents: there are as many.
FOLDED = rf"""
CREATE OR REPLACE FUNCTION search_folded(lettered text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words text COLLATE pg_c_utf8 := lettered;
BEGIN
    IF octet_length(words) > length(words) THEN
        words := regexp_replace(normalize(words, NFD), '{MARKS}', '', 'g');
        IF words ~ '[{"".join([*LETTERS, *PAIRED_LETTERS])}]' THEN
            words := {replaced(translated("words", LETTERS), PAIRED_LETTERS)};
        END IF;
        words := normalize(words, NFC);
    END IF;
    RETURN words;
END $$;
"""
TEXT = """
CREATE OR REPLACE FUNCTION search_text(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN search_folded(search_lettered(value));
END $$;
"""
# Of older servers, only those that they have: Estonian came with PostgreSQL 18.
STEMMER = f"""
DO $do$ BEGIN EXECUTE (
    SELECT 'CREATE OR REPLACE FUNCTION search_stemmer(language text) RETURNS regdictionary
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN CASE language ' || string_agg(format('WHEN %L THEN %L::regdictionary', code, dictname), ' ') || ' END'
    FROM (VALUES {", ".join(f"('{code}', '{name}_stem')" for code, name in STEMMERS.items())}) s(code, name)
    JOIN pg_ts_dict ON dictname = name
); END $do$;
"""  # noqa: S608
# Null for a word that is too common to tell anything. The Spanish one knows “-ión” only with its accent.
STEM = """
CREATE OR REPLACE FUNCTION search_stem(stemmer regdictionary, word text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (ts_lexize(stemmer, CASE
        WHEN stemmer = 'spanish_stem'::regdictionary AND word LIKE '%ion' THEN left(word, -2) || 'ón' ELSE word
    END))[1];
"""
# Each word in its place, and its stems beside it with the language at their end, `sacked`, `sack_en`: the stem of the
# word as it is written, and that of the word without its accents, since many write it so. `classes` has a letter for
# each field, the class of its words as in setweight; none is D. A place is left free between two fields, so that no
# phrase reaches from one into the next.
#
# A tsvector keeps 255 places of a word. The next 255 are kept at `the__1`, then `the__2`, for phrases. It keeps no
# place after 16,383: words are found there, phrases are not. It holds at most 1 MB: 800,000 bytes of words are taken,
# each once; their places need less than 200,000. Of a word the first 100 characters count. In PL/pgSQL the query for a
# field is planned once in a session; in SQL each call would plan it again.
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
    more text;
    taken integer;
    last integer;
    nth integer := 0;
    room integer := 800000;
    used integer := 0;
BEGIN
    FOREACH field IN ARRAY fields LOOP
        nth := nth + 1;
        CONTINUE WHEN field = '';  -- most of a statement's: it saves time
        field := search_lettered(field);
        CONTINUE WHEN field IS NULL OR field = '';
        class := substr(classes, nth, 1);
        used := used + 1;
        SELECT string_agg(replace(forms, ' ', at || ' ') || at, ' ')
                FILTER (WHERE size <= room AND (place < 16383 OR is_new)), max(size), max(place)
        INTO more, taken, last FROM (
            SELECT forms, place, is_new, ':' || least(place, 16383) || class AS at,
                sum(CASE WHEN is_new THEN octet_length(forms) + 7 ELSE 0 END) OVER (
                    ORDER BY place ROWS UNBOUNDED PRECEDING) AS size
            FROM (
                SELECT place, is_new, CASE
                    WHEN time > 255 THEN word || '__' || (time - 1) / 255
                    WHEN word < U&'\0E00' THEN concat_ws(' ', word, search_stem(stemmer, word) || ending,
                        CASE WHEN own <> word THEN search_stem(stemmer, own) || ending END)
                    ELSE word END AS forms
                FROM (
                    SELECT word, own, place, row_number() OVER places AS time,
                        lag(own) OVER places IS DISTINCT FROM own AS is_new
                    FROM (
                        SELECT left(word, 100) COLLATE "C" AS word, left(own, 100) COLLATE "C" AS own,
                            used + place AS place
                        FROM unnest(string_to_array(field, ' '), string_to_array(search_folded(field), ' '))
                            WITH ORDINALITY AS w(own, word, place)
                    ) placed WINDOW places AS (PARTITION BY word ORDER BY place)
                ) counted
            ) formed
        ) sized;
        lexemes := concat_ws(' ', lexemes, search_folded(more));
        room := greatest(room - taken, 0);
        used := last;
    END LOOP;
    RETURN lexemes::tsvector;
END $$;
CREATE OR REPLACE FUNCTION search_words(language text, VARIADIC fields text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN search_words_in_classes(language, '', fields);
"""
# The stems in these languages of a word, and of the word without its accents. One is null where a language's stemmer
# leaves the word out.
STEMS = """
CREATE OR REPLACE FUNCTION search_stems(word text, languages text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(
        SELECT DISTINCT search_folded(stem || '_' || code)
        FROM unnest(languages) code, unnest(ARRAY[word, search_folded(word)]) form,
            search_stem(search_stemmer(code), form) stem
        WHERE form = word OR stem IS NOT NULL
    );
"""
# The query for a word, or for words that stand side by side; of these the places count, wherever they are kept. Of an
# unspaced run the first and the last character alone are left out, since the run may go on there; a single character is
# the beginning of a pair.
QUERY = f"""
CREATE OR REPLACE FUNCTION search_query(value text, languages text[]) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        WITH parts AS (
            SELECT left(word, 100) AS word, left(own, 100) AS own, place,
                word COLLATE pg_c_utf8 ~ '[{UNSPACED}]' AS is_unspaced, count(*) OVER () AS last
            FROM (SELECT search_lettered(value)) l(lettered),
                unnest(string_to_array(lettered, ' '), string_to_array(search_folded(lettered), ' '))
                WITH ORDINALITY AS w(own, word, place)
        ), inner_parts AS (SELECT *, count(*) OVER () > 1 AS in_phrase FROM parts
            WHERE NOT (is_unspaced AND place IN (1, last)))
        SELECT coalesce(
            (SELECT string_agg(format('(%s)', array_to_string(
                word || CASE WHEN in_phrase THEN ARRAY[word || '__:*'] END
                    || CASE WHEN is_unspaced THEN '{{}}' ELSE search_stems(own, languages) END, ' | ')
                ), ' <-> ' ORDER BY place
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
    FOREACH name IN ARRAY
        '{search_name, search_lettered, search_folded, search_text, search_words_in_classes}'::text[] LOOP
        EXECUTE format('ALTER FUNCTION %I SET search_path = %I, pg_temp', name, current_schema());
    END LOOP;
END $$;
"""
FUNCTIONS = [
    NAME,
    LETTERED,
    FOLDED,
    TEXT,
    STEMMER,
    STEM,
    WORDS,
    SEARCH_PATHS,
    STEMS,
    QUERY,
    BEGINNINGS,
    SOURCES,
    SPELLINGS,
]
