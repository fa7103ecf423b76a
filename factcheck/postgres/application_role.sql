-- The rights of factcheck_app, the role that the service connects as, and of factcheck_follow, that of `manage.py follow`.
-- They own nothing, so neither a fault in the service nor a stolen DATABASE_URL can get round the journal. What is sealed
-- is written by factcheck_follow alone: who has only the service's role cannot have another journal signed. Run it as the
-- role that migrates, after each `migrate`:
--     psql "$OWNER_URL" -v ON_ERROR_STOP=1 -f factcheck/postgres/application_role.sql
-- The first time that role must be allowed to make roles. Then give the new roles a password each.

DO $$ DECLARE role text; BEGIN
    FOREACH role IN ARRAY ARRAY['factcheck_app', 'factcheck_follow'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', role);
        END IF;
    END LOOP;
    -- A temporary table named like the journal would be read instead of it.
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

-- How long a request may keep the database busy, in seconds, where a pooler is between: without one, the service sets
-- DATABASE_STATEMENT_TIMEOUT and the others itself. What the role has already stays.
DO $$ DECLARE given record; BEGIN
    FOR given IN SELECT * FROM (VALUES ('statement_timeout', 10), ('lock_timeout', 5),
            ('idle_in_transaction_session_timeout', 30)) AS limits (name, seconds) LOOP
        IF NOT EXISTS (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) AS kept
                WHERE s.setrole = 'factcheck_app'::regrole AND kept LIKE given.name || '=%') THEN
            EXECUTE format('ALTER ROLE factcheck_app SET %I = %L', given.name, given.seconds || 's');
        END IF;
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO factcheck_app;
-- Where the database gives the ids, nobody else does: a row with the id that comes next would stand in its way.
DO $$ DECLARE counted record; BEGIN
    FOR counted IN SELECT i.attrelid::regclass AS name, string_agg(quote_ident(a.attname), ', ') AS columns
            FROM pg_attribute i JOIN pg_attribute a ON a.attrelid = i.attrelid AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attidentity = '' AND a.attgenerated = ''
            JOIN pg_class c ON c.oid = i.attrelid AND c.relnamespace = 'public'::regnamespace
            WHERE i.attidentity <> '' GROUP BY 1 LOOP
        EXECUTE format('REVOKE INSERT, UPDATE ON %s FROM factcheck_app', counted.name);
        EXECUTE format('GRANT INSERT (%1$s), UPDATE (%1$s) ON %2$s TO factcheck_app', counted.columns, counted.name);
    END LOOP;
END $$;
REVOKE INSERT, UPDATE, DELETE ON django_migrations, journal_epoch, journal_leaf, journal_node, journal_checkpoint,
    journal_followercursor FROM factcheck_app;
-- Triggers write the words of a search and the addresses of an article, with the rights of the owner.
REVOKE INSERT, UPDATE, DELETE ON claims_statementwords, claims_articlewords, claims_searchlanguage,
    claims_articleaddress FROM factcheck_app;
DO $$ DECLARE kept regclass; BEGIN
    FOR kept IN SELECT t.tgrelid FROM pg_trigger t WHERE t.tgname = 'append_only' LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM factcheck_app', kept);
    END LOOP;
END $$;
-- Of an entry, only what the database does not set itself.
REVOKE INSERT ON journal_entry FROM factcheck_app;
GRANT INSERT (actor, action, resource, resource_id, version, article, reason, data) ON journal_entry TO factcheck_app;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO factcheck_follow;
GRANT INSERT ON journal_leaf, journal_node, journal_checkpoint TO factcheck_follow;
GRANT INSERT, UPDATE ON journal_followercursor TO factcheck_follow;
-- `manage.py follow vectors` writes the vectors of a search, where the database has some.
DO $$ DECLARE kept regclass; BEGIN
    FOR kept IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND relname LIKE 'claims\_statementvector\_%' LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %s FROM factcheck_app', kept);
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO factcheck_follow', kept);
    END LOOP;
END $$;

-- `manage.py follow webhooks` has the queue, and disables a webhook. It makes none, and changes no address and no secret.
GRANT INSERT, UPDATE, DELETE ON webhooks_delivery TO factcheck_follow;
GRANT UPDATE (version, updated_at, active, disabled_at, disabled_reason) ON webhooks_webhook TO factcheck_follow;

-- A table or a column of a later migration is closed until this has run again.
