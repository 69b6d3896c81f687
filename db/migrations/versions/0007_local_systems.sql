-- Coordinate systems of a place of its own. Their parameters are secret: sealed with a key that is not in the database, and no part of the journal.

CREATE TABLE hetu.local_system (
    name     text PRIMARY KEY,                       -- local:NAME wherever a system is declared
    title    text NOT NULL,
    sealed   bytea NOT NULL,
    key_id   text NOT NULL,                          -- which key opens it
    area     double precision[],                     -- west, south, east, north in degrees, where its definition says so
    made_by  text NOT NULL,
    made_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.local_system
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('name', 'sealed');

-- What a name stands for does not change under the editions that were carried by it.
CREATE FUNCTION hetu.keep_local_system() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the system % does not change; drop it and add another', OLD.name USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep BEFORE UPDATE ON hetu.local_system FOR EACH ROW EXECUTE FUNCTION hetu.keep_local_system();
