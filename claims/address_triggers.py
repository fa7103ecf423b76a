"""Addresses in canonical form, by which an article is found, as SQL: the table of an article's addresses is written in
the transaction that writes the article, with the rights of the table's owner. So nobody else leads a page to another
article.
"""

from django.db.migrations.operations import RunSQL

from factcheck.journal.guard_operations import guard

# Parameters that only count who came from where. A name is compared as a whole and in lower case.
TRACKING = (
    r"utm_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid|msclkid|yclid|ysclid|twclid|ttclid|"
    r"li_fat_id|igshid|igsh|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|vero_id|vero_conv|oly_anon_id|oly_enc_id|wickedid|"
    r"mkt_tok|rb_clickid|s_cid|cmpid|ncid|srsltid|__s|__twitter_impression|wt_mc|wt_zmc|at_medium|at_campaign|at_custom.*"
)
# Letters, digits and -._~ in hexadecimal.
UNRESERVED = "4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|3[0-9]|2[de]|5f|7e"
# Of a canonical form. Encoding makes nine characters of one that takes three bytes, and an entry of an index can have
# about 2,700 bytes: a longer form is kept as its digest.
MAX_BYTES = 2000
DIGEST = "encode(sha256(convert_to({}, 'UTF8')), 'hex')"

# RFC 3986, section 6.2.2, and besides: without scheme, fragment, user, default port, tracking parameters, and slashes
# at the end. Characters that an address cannot hold are percent-encoded, those that need no encoding are decoded.
ENCODED = rf"""
CREATE OR REPLACE FUNCTION address_encoded(part text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(string_agg(CASE
            WHEN piece ~* '^%({UNRESERVED})$' THEN chr(('x' || substr(piece, 2))::bit(8)::integer)
            WHEN piece ~* '^%[0-9a-f]{{2}}$' THEN upper(piece)
            WHEN piece COLLATE "C" ~ '^[!#$&-;=?-Z_a-z~]+$' THEN piece
            ELSE regexp_replace(upper(encode(convert_to(piece, 'UTF8'), 'hex')), '(..)', '%\1', 'g')
        END, '' ORDER BY n), '')
        FROM regexp_matches(normalize(part, NFC), '%[0-9A-Fa-f]{{2}}|[!#$&-;=?-Z_a-z~]+|.', 'g')
            WITH ORDINALITY m(pieces, n), LATERAL (SELECT m.pieces[1]) p(piece)
    );
"""  # noqa: S608  made of constants
CANONICAL = guard(rf"""
CREATE FUNCTION canonical_address(url text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    parts text[] := regexp_match(btrim(url), '^(https?)://(?:[^/?#]*@)?([^/?#]*)([^?#]*)\??([^#]*)', 'i');
    port text := CASE lower(parts[1]) WHEN 'http' THEN '80' ELSE '443' END;
    host text COLLATE pg_c_utf8 := parts[2];
    query text;
    canonical text;
BEGIN
    IF parts IS NULL THEN
        RETURN url;
    END IF;
    host := regexp_replace(lower(normalize(host, NFC)), '\.?(:(' || port || ')?)?$', '');
    SELECT string_agg(address_encoded(part), '&' ORDER BY n) INTO query
    FROM regexp_split_to_table(parts[4], '&') WITH ORDINALITY q(part, n)
    WHERE part <> '' AND lower(split_part(part, '=', 1)) !~ '^({TRACKING})$';
    canonical := host || rtrim(address_encoded(parts[3]), '/') || coalesce('?' || query, '');
    RETURN CASE WHEN octet_length(canonical) > {MAX_BYTES} THEN {DIGEST.format("canonical")} ELSE canonical END;
END $$;
""")  # noqa: S608  made of constants

WRITE = guard("""
CREATE FUNCTION article_write_addresses() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- Of two articles that had one address before, the younger is not found by it, and can be corrected all the same.
    IF TG_OP = 'UPDATE' AND (OLD.url, OLD.addresses) IS NOT DISTINCT FROM (NEW.url, NEW.addresses) THEN
        RETURN NULL;
    END IF;
    DELETE FROM claims_articleaddress WHERE article = OLD.id;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO claims_articleaddress (address, article)
        SELECT DISTINCT canonical_address(given), NEW.id FROM unnest(NEW.url || NEW.addresses) given
        WHERE given IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER write_addresses AFTER INSERT OR DELETE OR UPDATE OF url, addresses ON claims_article
    FOR EACH ROW EXECUTE FUNCTION article_write_addresses();
""")
GUARDS = [CANONICAL, WRITE]
OPERATIONS = [RunSQL(ENCODED, "DROP FUNCTION IF EXISTS address_encoded CASCADE"), *GUARDS]
