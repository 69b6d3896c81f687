-- The ground of one workspace. Geometry columns carry no SRID modifier because one set of migrations serves every
-- district; each partition of feature checks the SRID of its own workspace instead.

CREATE EXTENSION IF NOT EXISTS postgis;
CREATE SCHEMA hetu;

-- What the catalogue said, version by version: never updated, only added to.
CREATE TABLE hetu.catalogue (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest     text NOT NULL UNIQUE,
    body       jsonb NOT NULL,                       -- themes, departments, laws, styles, palettes, class systems
    loaded_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hetu.stanza (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL,
    digest     text NOT NULL,
    body       jsonb NOT NULL,
    loaded_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (code, digest)
);

-- One row: a workspace is a district is one database.
CREATE TABLE hetu.workspace (
    name          text PRIMARY KEY,
    title         text NOT NULL,
    srid          integer NOT NULL CHECK (srid BETWEEN 1 AND 998999),
    crs_wkt       text NOT NULL,
    outline       geometry,                          -- MultiPolygon in the project CRS; absent until one is known
    outline_basis text CHECK (outline_basis IN ('layer', 'extent')),
    catalogue_id  bigint REFERENCES hetu.catalogue,
    made_at       timestamptz NOT NULL DEFAULT now(),
    only_one      boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
);

CREATE TABLE hetu.layer (
    code       text PRIMARY KEY,
    origin     text NOT NULL CHECK (origin IN ('catalogue', 'guessed')),
    stanza_id  bigint NOT NULL REFERENCES hetu.stanza,
    position   integer NOT NULL
);

-- What somebody handed over: a file, a folder, a zip.
CREATE TABLE hetu.delivery (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL,
    sha256       text,
    handed_over_by text NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    state        text NOT NULL DEFAULT 'reading' CHECK (state IN ('waiting', 'reading', 'published', 'refused', 'abandoned')),
    progress     jsonb NOT NULL DEFAULT '{}',
    refused      jsonb NOT NULL DEFAULT '[]',        -- sources that could not be read, each with code and parameters
    ignored      jsonb NOT NULL DEFAULT '[]',        -- files that are no layers
    reason       jsonb                               -- why the whole delivery was refused
);

-- Where editions say anything. Most share the district's outline, so each polygon stands once.
CREATE TABLE hetu.coverage (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256   text NOT NULL UNIQUE,                   -- of its normalised WKB
    geom     geometry NOT NULL                       -- MultiPolygon in the project CRS
);

CREATE TABLE hetu.edition (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer           text NOT NULL REFERENCES hetu.layer,
    seq             integer,                         -- 1, 2, 3 ... within the layer, given when published
    state           text NOT NULL DEFAULT 'staged' CHECK (state IN ('staged', 'published', 'withdrawn')),
    status          text NOT NULL CHECK (status IN ('draft', 'on_display', 'in_force', 'superseded', 'withdrawn', 'unknown')),
    delivery_id     bigint NOT NULL REFERENCES hetu.delivery,
    based_on        bigint REFERENCES hetu.edition,  -- what was current when this one was staged
    kind            text NOT NULL CHECK (kind IN ('polygon', 'line', 'point', 'raster')),
    source          text NOT NULL,                   -- path inside the delivery
    source_layer    text,
    format          text NOT NULL,
    crs_in          text NOT NULL,
    crs_basis       text NOT NULL CHECK (crs_basis IN ('file', 'declared', 'format')),
    operation       text NOT NULL,
    encoding        text,
    fields          jsonb NOT NULL DEFAULT '[]',
    samples         jsonb NOT NULL DEFAULT '[]',
    notes           jsonb NOT NULL DEFAULT '[]',
    rows_read       bigint NOT NULL DEFAULT 0,
    rows_published  bigint NOT NULL DEFAULT 0,
    rows_set_aside  bigint NOT NULL DEFAULT 0,
    extent          geometry,
    coverage_id     bigint REFERENCES hetu.coverage, -- absent: nobody vouches for where it says anything
    coverage_basis  text NOT NULL CHECK (coverage_basis IN ('district', 'file', 'word', 'cells', 'none')),
    coverage_word   text,                            -- the person whose word it is
    disjoint        boolean,                         -- true: proved that no two of its features overlap
    raster          jsonb,                           -- file, cell size, nodata of a raster edition
    staged_at       timestamptz NOT NULL DEFAULT now(),
    published_at    timestamptz,
    UNIQUE (layer, seq),
    CHECK (rows_read = rows_published + rows_set_aside),
    CHECK (state NOT IN ('published', 'withdrawn') OR (seq IS NOT NULL AND published_at IS NOT NULL)),
    CHECK ((coverage_id IS NULL) = (coverage_basis = 'none'))
);

-- The one pointer that publishing moves.
CREATE TABLE hetu.current_edition (
    layer       text PRIMARY KEY REFERENCES hetu.layer,
    edition_id  bigint NOT NULL UNIQUE REFERENCES hetu.edition
);

CREATE TABLE hetu.feature (
    edition_id  bigint NOT NULL,
    id          bigint NOT NULL,                     -- row of the source, from 0
    ident       text,                                -- how its department tells it from others
    name        text,                                -- how people call it
    class       text,                                -- code of the layer's class system
    attributes  jsonb NOT NULL,
    geom        geometry NOT NULL,
    PRIMARY KEY (edition_id, id)
) PARTITION BY LIST (edition_id);
-- Large boundaries are read far more often than they are stored: no decompression on the way.
ALTER TABLE hetu.feature ALTER COLUMN geom SET STORAGE EXTERNAL;
CREATE INDEX feature_geom ON hetu.feature USING gist (geom);

CREATE TABLE hetu.set_aside (
    edition_id  bigint NOT NULL REFERENCES hetu.edition,
    id          bigint NOT NULL,
    code        text NOT NULL,
    params      jsonb NOT NULL,
    x           double precision,                    -- place in the source's own CRS
    y           double precision,
    attributes  jsonb NOT NULL,
    wkb         bytea,                               -- the geometry as it came, kept and never parsed here
    box         geometry,                            -- around it in the project CRS: here the edition does not know
    PRIMARY KEY (edition_id, id)
);
CREATE INDEX set_aside_box ON hetu.set_aside USING gist (box);

CREATE TABLE hetu.site_check (
    id          text PRIMARY KEY,
    made_at     timestamptz NOT NULL,
    made_by     text NOT NULL,
    site        geometry NOT NULL,
    verdict     text NOT NULL,
    summary     jsonb NOT NULL,                      -- how many layers are in each state
    answer      text NOT NULL,                       -- canonical JSON, word for word as it was given
    sha256      text NOT NULL,                       -- of its facts, areas to 0.01 m2
    editions    bigint[] NOT NULL,
    product     text NOT NULL
);
CREATE INDEX site_check_made ON hetu.site_check (made_at DESC, id);

CREATE TABLE hetu.idempotency (
    actor           text NOT NULL,
    key             text NOT NULL,
    request_sha256  text NOT NULL,
    status          integer,
    body            text,
    at              timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, key)
);

-- The journal: who, when, on whose behalf, what, from -> to. Written by triggers so that no path forgets it.
CREATE TABLE hetu.journal (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor        text NOT NULL,
    on_behalf_of text,
    action       text NOT NULL,
    what         text NOT NULL,
    key          text NOT NULL,
    was          jsonb,
    became       jsonb,
    transaction  xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX journal_what ON hetu.journal (what, key, id);

-- Arguments of the trigger: the key column, then columns too heavy to repeat (geometry, long texts).
CREATE FUNCTION hetu.write_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who   text := nullif(current_setting('hetu.actor', true), '');
    heavy text[] := TG_ARGV[1:];
    old_row jsonb;
    new_row jsonb;
BEGIN
    IF who IS NULL THEN
        RAISE EXCEPTION 'no actor: % on % without hetu.actor', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP <> 'INSERT' THEN old_row := to_jsonb(OLD) - heavy; END IF;
    IF TG_OP <> 'DELETE' THEN new_row := to_jsonb(NEW) - heavy; END IF;
    IF TG_OP = 'UPDATE' AND old_row = new_row THEN RETURN NULL; END IF;
    INSERT INTO hetu.journal (actor, on_behalf_of, action, what, key, was, became)
    VALUES (who, nullif(current_setting('hetu.on_behalf_of', true), ''), lower(TG_OP), TG_TABLE_NAME,
            coalesce(new_row, old_row) ->> TG_ARGV[0], old_row, new_row);
    RETURN NULL;
END $$;

CREATE FUNCTION hetu.keep_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is only added to' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.journal
    FOR EACH STATEMENT EXECUTE FUNCTION hetu.keep_journal();
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.workspace
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('name', 'outline', 'crs_wkt');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.catalogue
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'body');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.stanza
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'body');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.layer
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('code');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.delivery
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'progress', 'ignored');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.edition
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'extent', 'samples', 'fields', 'notes');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.current_edition
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('layer');
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON hetu.site_check
    FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'site', 'answer', 'editions');

-- An edition that was published never changes; it can only be withdrawn, or learn what a follow-up proved about it.
CREATE FUNCTION hetu.keep_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'edition % was published and stays readable', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - '{state,status,disjoint}'::text[] <> to_jsonb(OLD) - '{state,status,disjoint}'::text[]
       OR NEW.state NOT IN ('published', 'withdrawn') THEN
        RAISE EXCEPTION 'edition % was published and does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON hetu.edition
    FOR EACH ROW WHEN (OLD.state IN ('published', 'withdrawn')) EXECUTE FUNCTION hetu.keep_edition();

-- Nor do its features and what was set aside of it: rows come in by COPY before publication and stay as they are.
CREATE FUNCTION hetu.keep_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'edition % was published and does not change', OLD.edition_id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON hetu.feature FOR EACH ROW EXECUTE FUNCTION hetu.keep_rows();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON hetu.set_aside FOR EACH ROW EXECUTE FUNCTION hetu.keep_rows();

-- A stage is a table of its own: nothing of it is seen through hetu.feature until it is attached at publication.
CREATE FUNCTION hetu.open_stage(edition bigint, srid integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE hetu.%I (LIKE hetu.feature INCLUDING STORAGE)', 'feature_' || edition);
    EXECUTE format('ALTER TABLE hetu.%I ADD CONSTRAINT one_edition CHECK (edition_id = %s), '
                   'ADD CONSTRAINT one_srid CHECK (ST_SRID(geom) = %s)', 'feature_' || edition, edition, srid);
END $$;

CREATE FUNCTION hetu.close_stage(edition bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE hetu.%I ADD PRIMARY KEY (edition_id, id)', 'feature_' || edition);
    EXECUTE format('CREATE INDEX ON hetu.%I USING gist (geom)', 'feature_' || edition);
    EXECUTE format('ANALYZE hetu.%I', 'feature_' || edition);
END $$;

CREATE FUNCTION hetu.attach_stage(edition bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM hetu.edition AS e WHERE e.id = edition AND e.kind = 'raster') THEN
        RETURN;                                      -- its cells lie in a file
    END IF;
    EXECUTE format('ALTER TABLE hetu.feature ATTACH PARTITION hetu.%I FOR VALUES IN (%s)', 'feature_' || edition, edition);
END $$;
