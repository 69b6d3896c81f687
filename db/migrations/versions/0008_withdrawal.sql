-- Why an edition was withdrawn and what stood afterwards; checks found by the editions they used; editions made of changes alone.

-- A withdrawal is for good, so its reason is only added to. Editions withdrawn before this migration have no line here.
CREATE TABLE hetu.withdrawal (
    edition_id   bigint PRIMARY KEY REFERENCES hetu.edition,
    reason       text NOT NULL CHECK (btrim(reason) <> ''),
    by           text NOT NULL,
    at           timestamptz NOT NULL,               -- the moment from which the edition counts no more
    step         text NOT NULL CHECK (step IN ('edition', 'delivery', 'rollback')), -- what was asked for; its editions went together
    stood_after  bigint REFERENCES hetu.edition      -- in force once the whole step was done; absent: no data from then on
);
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.withdrawal FOR EACH STATEMENT EXECUTE FUNCTION hetu.only_added_to();
CREATE TRIGGER journal AFTER INSERT ON hetu.withdrawal FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('edition_id');

-- Which checks used an edition.
CREATE INDEX site_check_editions ON hetu.site_check USING gin (editions);
CREATE INDEX edition_withdrawn ON hetu.edition (id) WHERE state = 'withdrawn';

-- What would stand if these editions were withdrawn: the one rule, asked before anybody decides.
CREATE FUNCTION hetu.standing_without(valid_on date, known_at timestamptz, without bigint[])
RETURNS TABLE (layer text, in_force bigint, displayed bigint, first_valid_from date) LANGUAGE sql STABLE STRICT AS $$
    WITH known AS (
        SELECT e.layer, e.id, e.seq, e.status = 'on_display' AS shown,
               CASE WHEN e.status = 'on_display'     -- it is shown from the day it came, though it is to hold only later
                    THEN least(e.valid_from, CAST(e.published_at AT TIME ZONE 'Asia/Shanghai' AS date))
                    ELSE e.valid_from END AS begins
        FROM hetu.edition AS e
        WHERE e.published_at <= $2 AND (e.withdrawn_at IS NULL OR e.withdrawn_at > $2) AND e.id <> ALL ($3)
          AND (e.status IN ('in_force', 'unknown', 'on_display')
               OR (e.status = 'superseded' AND EXISTS (
                    SELECT FROM hetu.edition AS later
                    WHERE later.layer = e.layer AND later.published_at IS NOT NULL AND later.status IN ('in_force', 'unknown')
                      AND (later.valid_from, later.seq) > (e.valid_from, e.seq))))
    ), holding AS (
        SELECT DISTINCT ON (k.layer) k.layer, k.id, k.seq, k.begins
        FROM known AS k WHERE NOT k.shown AND k.begins <= $1 ORDER BY k.layer, k.begins DESC, k.seq DESC
    ), shown AS (
        SELECT DISTINCT ON (k.layer) k.layer, k.id
        FROM known AS k LEFT JOIN holding AS h ON h.layer = k.layer
        WHERE k.shown AND k.begins <= $1 AND (h.id IS NULL OR (k.seq > h.seq AND k.begins >= h.begins))
        ORDER BY k.layer, k.begins DESC, k.seq DESC
    ), firsts AS (
        SELECT k.layer, min(k.begins) FILTER (WHERE NOT k.shown) AS begins FROM known AS k GROUP BY k.layer
    )
    SELECT f.layer, h.id, s.id, CASE WHEN h.id IS NULL THEN f.begins END
    FROM firsts AS f LEFT JOIN holding AS h ON h.layer = f.layer LEFT JOIN shown AS s ON s.layer = f.layer
$$;
CREATE OR REPLACE FUNCTION hetu.standing(valid_on date, known_at timestamptz)
RETURNS TABLE (layer text, in_force bigint, displayed bigint, first_valid_from date) LANGUAGE sql STABLE STRICT AS $$
    SELECT * FROM hetu.standing_without($1, $2, '{}')
$$;

-- An edition of changes: what its file said of the edition that was in force. Its partition holds the whole layer all the same.
CREATE TABLE hetu.delta (
    edition_id    bigint PRIMARY KEY REFERENCES hetu.edition,
    base_edition  bigint NOT NULL REFERENCES hetu.edition,
    added         bigint NOT NULL,
    changed       bigint NOT NULL,
    removed       bigint NOT NULL
);
CREATE INDEX delta_base ON hetu.delta (base_edition);
CREATE TABLE hetu.delta_row (
    edition_id  bigint NOT NULL REFERENCES hetu.edition,
    row         bigint NOT NULL,                     -- of the source, from 0
    change      text NOT NULL CHECK (change IN ('added', 'changed', 'removed')),
    ident       text NOT NULL,
    id          bigint,                              -- of the feature; given when the edition is completed
    aside       boolean NOT NULL,                    -- the row itself is no usable feature
    PRIMARY KEY (edition_id, row)
);
CREATE INDEX delta_row_feature ON hetu.delta_row (edition_id, id);
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.delta FOR EACH STATEMENT EXECUTE FUNCTION hetu.only_added_to();
CREATE TRIGGER journal AFTER INSERT ON hetu.delta FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('edition_id');

-- Rows of a delta, and what was set aside of an edition, find their numbers while it is staged, and never change once it was published.
CREATE FUNCTION hetu.keep_rows_once_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM hetu.edition AS e WHERE e.id = OLD.edition_id AND e.state <> 'staged') THEN
        RAISE EXCEPTION 'edition % was published and does not change', OLD.edition_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
DROP TRIGGER keep ON hetu.set_aside;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON hetu.set_aside FOR EACH ROW EXECUTE FUNCTION hetu.keep_rows_once_published();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON hetu.delta_row FOR EACH ROW EXECUTE FUNCTION hetu.keep_rows_once_published();

-- The first of some attributes that a row tells, as text.
CREATE FUNCTION hetu.told(attributes jsonb, names text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT attributes ->> name FROM unnest(names) WITH ORDINALITY AS asked (name, place)
    WHERE nullif(attributes ->> name, '') IS NOT NULL ORDER BY place LIMIT 1
$$;

-- What the file of a delta brought, usable or set aside: row, the attribute that says what became of it, what it is called by.
CREATE FUNCTION hetu.staged_rows(edition bigint, field text, identify text[])
RETURNS TABLE ("row" bigint, word text, ident text, aside boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT id, attributes ->> $2, ident, false FROM hetu.%I
         UNION ALL SELECT id, attributes ->> $2, hetu.told(attributes, $3), true FROM hetu.set_aside WHERE edition_id = $1',
        'feature_' || edition) USING edition, field, identify;
END $$;

-- The stage of a delta becomes the whole layer: what the base has and the delta does not touch, then what the delta changed and added,
-- under the numbers that hetu.delta_row gives and without the attribute that told what became of them.
CREATE FUNCTION hetu.complete_stage(edition bigint, base bigint, field text, srid integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE hetu.%I RENAME TO %I', 'feature_' || edition, 'delta_' || edition);
    PERFORM hetu.open_stage(edition, srid);
    EXECUTE format(
        'INSERT INTO hetu.%I (edition_id, id, ident, name, class, attributes, geom)
         SELECT $1, f.id, f.ident, f.name, f.class, f.attributes, f.geom FROM hetu.feature AS f
         WHERE f.edition_id = $2 AND NOT EXISTS (
             SELECT FROM hetu.delta_row AS d WHERE d.edition_id = $1 AND d.id = f.id AND d.change <> ''added'')',
        'feature_' || edition) USING edition, base;
    EXECUTE format(
        'INSERT INTO hetu.%I (edition_id, id, ident, name, class, attributes, geom)
         SELECT $1, d.id, d.ident, f.name, f.class, f.attributes - $2, f.geom
         FROM hetu.%I AS f JOIN hetu.delta_row AS d ON d.edition_id = $1 AND d.row = f.id
         WHERE d.change <> ''removed'' AND NOT d.aside',
        'feature_' || edition, 'delta_' || edition) USING edition, field;
    EXECUTE format('DROP TABLE hetu.%I', 'delta_' || edition);
    PERFORM hetu.close_stage(edition);
END $$;

-- How many features a stage holds, and the box around them.
CREATE FUNCTION hetu.measure_stage(edition bigint, OUT features bigint, OUT extent geometry) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT count(*), ST_SetSRID(CAST(ST_Extent(geom) AS geometry), max(ST_SRID(geom))) FROM hetu.%I', 'feature_' || edition)
    INTO features, extent;
END $$;
