-- A batch: a file of many sites and what is proposed for them. Days, editions and rules are pinned when it is handed over, so that every
-- row answers for the same moment, however long it takes and however often it is interrupted.

CREATE TABLE hetu.batch (
    id            text PRIMARY KEY,
    name          text NOT NULL,                     -- of the file
    file          text NOT NULL,                     -- the original, as it was kept
    sha256        text NOT NULL,
    asked         jsonb NOT NULL,                    -- source_crs, width_m, and the proposal for rows that have none of their own
    queued        boolean NOT NULL,                  -- a worker answers it; else whoever handed it over does
    made_at       timestamptz NOT NULL,
    made_by       text NOT NULL,
    valid_on      date NOT NULL,
    known_at      timestamptz NOT NULL,
    rulebook_id   bigint REFERENCES hetu.rulebook,   -- absent where no rules were loaded
    catalogue_id  bigint REFERENCES hetu.catalogue,
    pinned        jsonb NOT NULL,                    -- layers, each with its edition of the day and the one on display
    product       text NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'reading', 'answering', 'done', 'refused')),
    columns       jsonb NOT NULL DEFAULT '{}',       -- which column of the file told which figure
    left_out      jsonb NOT NULL DEFAULT '[]',       -- sources of the file that could not be read, each with code and parameters
    began_at      timestamptz,
    ended_at      timestamptz,
    reason        jsonb                              -- why the whole file was refused
);
CREATE INDEX batch_made ON hetu.batch (made_at DESC, id);

CREATE TABLE hetu.batch_site (
    batch_id     text NOT NULL REFERENCES hetu.batch,
    number       integer NOT NULL,                   -- 1, 2, 3 ... through all sources of the file
    source       text NOT NULL,                      -- path inside the delivery, and layer
    row          bigint NOT NULL,                    -- row of that source, from 0
    label        text,                               -- how the file calls it
    site         geometry,                           -- in the project CRS; absent where the row is no site
    source_crs   text,
    width_m      double precision,
    proposal     jsonb,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'answered', 'refused')),
    reason       jsonb,                              -- why it is no site, or could not be answered
    verdicts     jsonb,                              -- by grade
    shown        jsonb,                              -- compact answers by grade; a grade that is not there sees what the next higher sees
    answered_at  timestamptz,
    check_id     text REFERENCES hetu.site_check,    -- the full check that was made of it later
    PRIMARY KEY (batch_id, number),
    CHECK ((state = 'answered') = (shown IS NOT NULL)),
    CHECK ((state = 'refused') = (reason IS NOT NULL)),
    CHECK (state = 'refused' OR site IS NOT NULL)
);
CREATE INDEX batch_site_waiting ON hetu.batch_site (batch_id, number) WHERE state = 'waiting';

-- What was answered stays as it was answered; only a full check may be noted beside it.
CREATE FUNCTION hetu.keep_batch_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'check_id' <> to_jsonb(OLD) - 'check_id' THEN
        RAISE EXCEPTION 'row % of batch % was answered and does not change', OLD.number, OLD.batch_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON hetu.batch_site
    FOR EACH ROW WHEN (OLD.state <> 'waiting') EXECUTE FUNCTION hetu.keep_batch_site();
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.batch
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'pinned', 'columns', 'left_out');
