-- What was found in a delivery: one report per layer, its faults with their places, and tasks back to whoever delivered it.

ALTER TABLE hetu.delivery
    ADD COLUMN supplier text,                        -- who delivered it, where somebody said so; else the departments of its layers
    ADD COLUMN purpose  text NOT NULL DEFAULT 'publish' CHECK (purpose IN ('publish', 'check')),
    ADD COLUMN original text,                        -- where the original is kept, below the folder of originals
    DROP CONSTRAINT delivery_state_check,
    ADD CONSTRAINT delivery_state_check CHECK (state IN ('waiting', 'reading', 'published', 'checked', 'refused', 'abandoned'));

CREATE TABLE hetu.intake_layer (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id   bigint NOT NULL REFERENCES hetu.delivery,
    layer         text NOT NULL,                     -- no reference: a checked delivery leaves no guessed layer behind
    source        text NOT NULL,
    source_layer  text,
    edition_id    bigint REFERENCES hetu.edition,    -- absent: it was checked and not published
    supplier      text,                              -- as the delivery says, else the department of the layer
    report        jsonb NOT NULL,
    score         double precision,                  -- 0..100; absent for what has no rows to judge
    follow_up     text NOT NULL CHECK (follow_up IN ('waiting', 'running', 'done', 'not_needed', 'failed'))
);
CREATE INDEX intake_layer_delivery ON hetu.intake_layer (delivery_id, id);
CREATE INDEX intake_layer_supplier ON hetu.intake_layer (supplier, id);

-- The first faults of each kind, with their places; how many there are of each kind stands in the report.
CREATE TABLE hetu.fault (
    intake_layer_id  bigint NOT NULL REFERENCES hetu.intake_layer,
    n                integer NOT NULL,
    code             text NOT NULL,
    severity         text NOT NULL CHECK (severity IN ('error', 'warning', 'note')),
    row              bigint,                         -- of the source, from 0
    feature          bigint,                         -- of the edition; absent where the row was set aside
    params           jsonb NOT NULL,
    geom             geometry,                       -- in the project CRS
    PRIMARY KEY (intake_layer_id, n)
);

-- What the supplier is to mend, by when, and what came of it.
CREATE TABLE hetu.intake_task (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    intake_layer_id  bigint NOT NULL REFERENCES hetu.intake_layer,
    supplier         text,
    state            text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
    words            text NOT NULL,
    due              date NOT NULL,
    opened_at        timestamptz NOT NULL DEFAULT now(),
    opened_by        text NOT NULL,
    answer           text,
    answered_at      timestamptz,
    answered_by      text,
    closed_at        timestamptz,
    closed_by        text,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX intake_task_state ON hetu.intake_task (state, due, id);

CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.intake_layer
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'report');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.intake_task
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id');

-- A stage bears no name of its own that a statement could know: this gives it one, for this session, until it is taken away again.
CREATE FUNCTION hetu.show_stage(edition bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TEMPORARY VIEW staged AS SELECT * FROM hetu.%I', 'feature_' || edition);
END $$;
