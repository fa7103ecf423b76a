"""What the database refuses: for the journal itself, for every recorded table, and for users.

`sources/guards.py` and `claims/guards.py` hold the guards of their tables. Each list GUARDS is made of migration
operations, in the order in which they run.

To change a guard, edit its text, and add a migration that drops all guards and makes them from these texts, as
`claims/migrations/0003_make_guards_again.py` does. An older migration then makes the new text too: that is harmless,
since the body of a function is not looked at before it runs. A function that no text makes any more is dropped by name.
"""

from django.db.migrations.operations import RunSQL

from factcheck.journal.guard_operations import append_only, guard, no_truncate

USER_DATA = guard("""
CREATE FUNCTION journal_user_data(row_id bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    factors jsonb;
BEGIN
    IF to_regclass('api_passkey') IS NOT NULL THEN
        SELECT jsonb_build_object('factors', jsonb_agg(f.kind ORDER BY f.kind)) INTO factors FROM (
            SELECT 'app' AS kind FROM api_authenticatorapp a WHERE a.user_id = row_id
            UNION ALL SELECT 'passkey' FROM api_passkey p WHERE p.user_id = row_id) f
            HAVING count(*) > 0;
    END IF;
    RETURN (SELECT jsonb_build_object('id', u.id, 'username', u.username, 'first_name', u.first_name,
        'last_name', u.last_name, 'is_active', u.is_active, 'is_staff', u.is_staff, 'is_superuser', u.is_superuser,
        'roles', ARRAY(SELECT g.name FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id
                       WHERE m.user_id = u.id ORDER BY g.name)) || coalesce(factors, '{}')
        FROM auth_user u WHERE u.id = row_id);
END $$;
""")

GUARDS = [
    # Transactions are counted from an epoch, since another cluster may count the same ids again: `journal_epoch` names
    # the cluster and its timeline, and a base that is added. The first write after a promotion, a restore or an upgrade
    # raises the base above every cursor that was handed out, lost ones included, and moves the sequences on, so that no
    # id is given twice. The feed stays closed until a person has confirmed that with `manage.py journal_epoch --raise`.
    #
    # The row's lock makes several first writes take turns.
    #
    # Guards that look at other rows must see what was committed meanwhile. So nothing is recorded at a level above READ
    # COMMITTED.
    guard("""
CREATE FUNCTION journal_cluster(OUT system_identifier bigint, OUT timeline integer)
    LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT c.system_identifier, CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
        ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer END
    FROM pg_control_system() c
$$;

CREATE FUNCTION journal_raise_epoch() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    sequence regclass;
BEGIN
    UPDATE journal_epoch SET
        base = coalesce((SELECT max(e.transaction) FROM journal_entry e), 0) + 1000000000
            - pg_current_xact_id()::text::bigint,
        (system_identifier, timeline) = (SELECT c.system_identifier, c.timeline FROM journal_cluster() c),
        raised_at = clock_timestamp(), confirmed = false;
    FOR sequence IN SELECT c.oid FROM pg_class c
        WHERE c.relkind = 'S' AND c.relnamespace = current_schema()::regnamespace LOOP
        PERFORM setval(sequence, coalesce(pg_sequence_last_value(sequence), 1) + 1000000);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal_raise_epoch() FROM PUBLIC;

CREATE FUNCTION journal_require_read_committed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'what is recorded is written at the level READ COMMITTED'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'read_committed_required';
    END IF;
END $$;

CREATE FUNCTION journal_check_epoch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM journal_require_read_committed();
    -- Not by journal_cluster(): this is asked at every write, and the call of a function would cost as much again.
    IF EXISTS (SELECT FROM journal_epoch e WHERE e.system_identifier = (pg_control_system()).system_identifier
            AND e.timeline = ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer) THEN
        RETURN NULL;
    END IF;
    PERFORM FROM journal_epoch FOR UPDATE;
    IF NOT EXISTS (SELECT FROM journal_epoch e, journal_cluster() c WHERE (e.system_identifier, e.timeline)
            = (c.system_identifier, c.timeline)) THEN
        PERFORM journal_raise_epoch();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER epoch BEFORE INSERT ON journal_entry FOR EACH STATEMENT EXECUTE FUNCTION journal_check_epoch();
"""),
    # The database sets an entry's id, time, transaction and actor's name, whatever was given. The time is later than
    # that of the version before, also when the clock was set back.
    RunSQL(
        """
        ALTER TABLE journal_entry ALTER id DROP IDENTITY;
        CREATE SEQUENCE journal_entry_id_seq OWNED BY journal_entry.id;
        SELECT setval('journal_entry_id_seq', coalesce(max(id), 0) + 1, false) FROM journal_entry;
        """,
        """
        DROP SEQUENCE journal_entry_id_seq;
        ALTER TABLE journal_entry ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;
        SELECT setval(pg_get_serial_sequence('journal_entry', 'id'), coalesce(max(id), 0) + 1, false)
            FROM journal_entry;
        """,
    ),
    guard("""
CREATE FUNCTION journal_stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    NEW.id := nextval('journal_entry_id_seq');
    SELECT epoch.base + pg_current_xact_id()::text::bigint, clock_timestamp(), u.username
        INTO STRICT NEW.transaction, NEW.at, NEW.actor_name
        FROM journal_epoch epoch LEFT JOIN auth_user u ON u.id = NEW.actor;
    IF NEW.actor_name IS NULL AND NEW.actor IS NOT NULL THEN
        RAISE EXCEPTION 'journal entry: there is no user %', NEW.actor
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'journal_entry_has_its_actor';
    END IF;
    NEW.actor_name := coalesce(NEW.actor_name, 'database role ' || session_user);
    IF NEW.version > 1 THEN
        NEW.at := greatest(NEW.at, (SELECT e.at + interval '1 microsecond' FROM journal_entry e WHERE
            e.resource = NEW.resource AND e.resource_id = NEW.resource_id AND e.version = NEW.version - 1));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_stamp();
"""),
    # Entries are never changed or deleted.
    guard("""
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the record is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'record_is_append_only';
END $$;
"""),
    append_only("journal_entry"),
    USER_DATA,
    # Users are recorded by the database itself, since many ways lead to them: the admin site, commands, log-in
    # services. At the commit each user who was written gets one entry, if what is recorded of them has changed. The
    # setting factcheck.actor names who did it; without it, it was somebody with the rights of the database role.
    #
    # A new name is recorded at once: entries that are made until the commit have it. The ids of users and groups stay,
    # since entries and memberships name them.
    #
    # The row's lock makes two transactions that change one user take turns.
    guard("""
CREATE FUNCTION journal_record_user(row_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last record;
    present jsonb;
BEGIN
    PERFORM FROM auth_user u WHERE u.id = row_id FOR NO KEY UPDATE;
    present := journal_user_data(row_id);
    SELECT e.version, e.action, e.data INTO last FROM journal_entry e
        WHERE e.resource = 'user' AND e.resource_id = row_id ORDER BY e.version DESC LIMIT 1;
    IF (CASE WHEN present IS NULL THEN last IS NULL OR last.action = 'user.deleted'
             ELSE present IS NOT DISTINCT FROM last.data AND last.action <> 'user.deleted' END) THEN
        RETURN;
    END IF;
    INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data)
    VALUES (nullif(current_setting('factcheck.actor', true), '')::bigint,
        CASE WHEN present IS NULL THEN 'user.deleted' WHEN last IS NULL THEN 'user.created' ELSE 'user.updated' END,
        'user', row_id, coalesce(last.version, 0) + 1, '', coalesce(present, last.data));
END $$;

CREATE FUNCTION keep_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id of % % cannot change', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'id_stays';
END $$;
CREATE TRIGGER id_stays BEFORE UPDATE ON auth_user
    FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION keep_id();
CREATE TRIGGER id_stays BEFORE UPDATE ON auth_group
    FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION keep_id();

CREATE FUNCTION user_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM journal_record_user(CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recorded AFTER INSERT OR DELETE
    OR UPDATE OF username, first_name, last_name, is_active, is_staff, is_superuser ON auth_user
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION user_record();
CREATE TRIGGER renamed AFTER UPDATE OF username ON auth_user FOR EACH ROW EXECUTE FUNCTION user_record();

CREATE FUNCTION user_record_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM journal_record_user(OLD.user_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM journal_record_user(NEW.user_id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recorded AFTER INSERT OR UPDATE OR DELETE ON auth_user_groups
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION user_record_roles();

CREATE FUNCTION group_record_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM journal_require_read_committed();
    PERFORM journal_record_user(m.user_id) FROM auth_user_groups m
        WHERE m.group_id = CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END ORDER BY m.user_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recorded AFTER INSERT OR UPDATE OR DELETE ON auth_group
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION group_record_users();
"""),
    RunSQL(
        "".join(map(no_truncate, ("auth_user", "auth_user_groups"))),
        "DROP TRIGGER no_truncate ON auth_user; DROP TRIGGER no_truncate ON auth_user_groups;",
    ),
]

# The database sets an entry's salt, whatever was given. Apart from journal_stamp: on the way from an older version,
# entries are written after that one is made and before they have this column. A migration of its own runs this:
# journal/migrations/0006_entry_salt.py.
SALT_GUARDS = [
    guard("""
CREATE FUNCTION journal_salt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.salt := gen_random_uuid();
    RETURN NEW;
END $$;
CREATE TRIGGER salt BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_salt();
"""),
]

# The factors of a user's second step are recorded with the user, however they were written. A migration of its own runs
# these: journal/migrations/0009_record_factors.py.
FACTOR_GUARDS = [
    guard("""
CREATE FUNCTION factor_record_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM journal_record_user(OLD.user_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM journal_record_user(NEW.user_id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recorded AFTER INSERT OR DELETE OR UPDATE OF user_id ON api_authenticatorapp
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION factor_record_user();
CREATE CONSTRAINT TRIGGER recorded AFTER INSERT OR DELETE OR UPDATE OF user_id ON api_passkey
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION factor_record_user();
"""),
    RunSQL(
        "".join(map(no_truncate, ("api_authenticatorapp", "api_passkey"))),
        "DROP TRIGGER no_truncate ON api_authenticatorapp; DROP TRIGGER no_truncate ON api_passkey;",
    ),
]

# What is sealed stays as it is. A migration of its own runs these: journal/migrations/0005_seal.py.
SEAL_GUARDS = [append_only(f"journal_{table}") for table in ("leaf", "node", "checkpoint")]
