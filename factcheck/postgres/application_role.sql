-- The rights of factcheck_app, the role that the service connects as. It owns nothing, so neither a fault in the service
-- nor a stolen DATABASE_URL can get round the journal. Run it as the role that migrates, after each `migrate`:
--     psql "$OWNER_URL" -v ON_ERROR_STOP=1 -f factcheck/postgres/application_role.sql
-- The first time that role must be allowed to make roles. Then give the new role a password.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'factcheck_app') THEN
        CREATE ROLE factcheck_app LOGIN;
    END IF;
    -- A temporary table named like the journal would be read instead of it.
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO factcheck_app;
REVOKE INSERT, UPDATE, DELETE ON django_migrations, journal_epoch FROM factcheck_app;
DO $$ DECLARE kept regclass; BEGIN
    FOR kept IN SELECT t.tgrelid FROM pg_trigger t WHERE t.tgname = 'append_only' LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM factcheck_app', kept);
    END LOOP;
END $$;
-- Of an entry, only what the database does not set itself.
REVOKE INSERT ON journal_entry FROM factcheck_app;
GRANT INSERT (actor, action, resource, resource_id, version, article, reason, data) ON journal_entry TO factcheck_app;

-- A table of a later migration is closed until this has run again.
