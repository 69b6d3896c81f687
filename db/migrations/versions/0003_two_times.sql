-- An edition has two times: the day from which it holds (valid_from), and the moments between which the base map knew it
-- (published_at, withdrawn_at). What stands is worked out from the rows; the pointers say it for today.

ALTER TABLE hetu.edition
    ADD COLUMN valid_from   date,                    -- the first day on which it holds; of a plan on display, on which it is to hold
    ADD COLUMN withdrawn_at timestamptz;             -- set by the trigger when the state becomes withdrawn

-- The pointer for plans on display. They are shown apart from those in force.
CREATE TABLE hetu.displayed_edition (
    layer       text PRIMARY KEY REFERENCES hetu.layer,
    edition_id  bigint NOT NULL UNIQUE REFERENCES hetu.edition
);
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.displayed_edition
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('layer');

-- What stands on a day, as far as it was known at a moment ('infinity': as far as it is known): one row per layer of which an
-- edition was known that is no mere draft.
--   in_force          the newest, by the day from which it holds and then by number, of those that hold on the day. A superseded
--                     edition counts where another followed it: before that one, it held
--   displayed         the newest on display, unless the edition in force came after it: by number, or by the day it begins
--   first_valid_from  the earliest day on which one holds, where none holds on the day that was asked about
CREATE FUNCTION hetu.standing(valid_on date, known_at timestamptz)
RETURNS TABLE (layer text, in_force bigint, displayed bigint, first_valid_from date) LANGUAGE sql STABLE STRICT AS $$
    WITH known AS (
        SELECT e.layer, e.id, e.seq, e.status = 'on_display' AS shown,
               CASE WHEN e.status = 'on_display'     -- it is shown from the day it came, though it is to hold only later
                    THEN least(e.valid_from, CAST(e.published_at AT TIME ZONE 'Asia/Shanghai' AS date))
                    ELSE e.valid_from END AS begins
        FROM hetu.edition AS e
        WHERE e.published_at <= $2 AND (e.withdrawn_at IS NULL OR e.withdrawn_at > $2)
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

-- The pointers of these layers say what stands today.
CREATE FUNCTION hetu.point(layers text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    today date := CAST(clock_timestamp() AT TIME ZONE 'Asia/Shanghai' AS date);
BEGIN
    DELETE FROM hetu.current_edition AS c WHERE c.layer = ANY (layers) AND NOT EXISTS (
        SELECT FROM hetu.standing(today, 'infinity') AS s WHERE s.layer = c.layer AND s.in_force IS NOT NULL);
    INSERT INTO hetu.current_edition AS c (layer, edition_id)
    SELECT s.layer, s.in_force FROM hetu.standing(today, 'infinity') AS s WHERE s.layer = ANY (layers) AND s.in_force IS NOT NULL
    ON CONFLICT (layer) DO UPDATE SET edition_id = EXCLUDED.edition_id WHERE c.edition_id <> EXCLUDED.edition_id;

    DELETE FROM hetu.displayed_edition AS d WHERE d.layer = ANY (layers) AND NOT EXISTS (
        SELECT FROM hetu.standing(today, 'infinity') AS s WHERE s.layer = d.layer AND s.displayed IS NOT NULL);
    INSERT INTO hetu.displayed_edition AS d (layer, edition_id)
    SELECT s.layer, s.displayed FROM hetu.standing(today, 'infinity') AS s WHERE s.layer = ANY (layers) AND s.displayed IS NOT NULL
    ON CONFLICT (layer) DO UPDATE SET edition_id = EXCLUDED.edition_id WHERE d.edition_id <> EXCLUDED.edition_id;
END $$;

-- An edition that was published never changes; it can only be withdrawn, once and for good, take another legal status, or learn
-- what a follow-up proved about it.
CREATE OR REPLACE FUNCTION hetu.keep_edition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{state,status,disjoint,withdrawn_at}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'edition % was published and stays readable', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free OR NEW.state NOT IN ('published', 'withdrawn') THEN
        RAISE EXCEPTION 'edition % was published and does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'published' AND NEW.state = 'withdrawn' THEN
        NEW.withdrawn_at := coalesce(NEW.withdrawn_at, clock_timestamp());
    ELSIF NEW.state <> OLD.state OR NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
        RAISE EXCEPTION 'edition % was published and does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- No pointer is left on an edition that was withdrawn or took another status, whoever did it.
CREATE FUNCTION hetu.follow_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hetu.point(ARRAY[NEW.layer]);
    RETURN NULL;
END $$;
CREATE TRIGGER point AFTER UPDATE ON hetu.edition FOR EACH ROW
    WHEN (OLD.state = 'published' AND (NEW.state, NEW.status) IS DISTINCT FROM (OLD.state, OLD.status))
    EXECUTE FUNCTION hetu.follow_edition();

-- What was published before this migration holds from the day it was published. Until now every edition moved the pointer,
-- whatever its status; from here on the pointers of drafts and of plans on display are what the rule says. All of it is journaled.
ALTER TABLE hetu.edition DISABLE TRIGGER keep;
DO $$
DECLARE
    who text := coalesce(current_setting('hetu.actor', true), '');
BEGIN
    PERFORM set_config('hetu.actor', 'migration 0003', true);
    UPDATE hetu.edition AS e
    SET valid_from = CAST(e.published_at AT TIME ZONE 'Asia/Shanghai' AS date),
        withdrawn_at = CASE WHEN e.state = 'withdrawn' THEN coalesce(
            (SELECT min(j.at) FROM hetu.journal AS j
             WHERE j.what = 'edition' AND j.key = CAST(e.id AS text) AND j.became ->> 'state' = 'withdrawn'), e.published_at) END
    WHERE e.state IN ('published', 'withdrawn');
    PERFORM hetu.point(ARRAY(SELECT code FROM hetu.layer));
    PERFORM set_config('hetu.actor', who, true);
END $$;
ALTER TABLE hetu.edition ENABLE TRIGGER keep;

ALTER TABLE hetu.edition
    ADD CONSTRAINT published_holds_from_a_day CHECK (state NOT IN ('published', 'withdrawn') OR valid_from IS NOT NULL),
    ADD CONSTRAINT withdrawn_at_a_moment CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL));
