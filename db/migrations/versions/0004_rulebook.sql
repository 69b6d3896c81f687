-- Rules as they were loaded, which of them were in use when, what a check was asked, and what a person says beside a finding.

CREATE TABLE hetu.rule (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL,
    version    text NOT NULL,                        -- twelve hex digits of its content
    body       jsonb NOT NULL,
    loaded_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (code, version)
);

CREATE TABLE hetu.rulebook (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest     text NOT NULL UNIQUE,
    body       jsonb NOT NULL,                       -- groups, the rules' codes and versions in order, cross-walks, use tables
    loaded_at  timestamptz NOT NULL DEFAULT now()
);

-- The newest row says which rulebook is in use; the others, which was in use before.
CREATE TABLE hetu.rulebook_use (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rulebook_id  bigint NOT NULL REFERENCES hetu.rulebook,
    since        timestamptz NOT NULL DEFAULT now(),
    taken_by     text NOT NULL
);

ALTER TABLE hetu.site_check
    ADD COLUMN valid_on date,                        -- absent where the check was made before days could be named
    ADD COLUMN known_at timestamptz,
    ADD COLUMN rulebook_id bigint REFERENCES hetu.rulebook,
    ADD COLUMN proposal jsonb,
    ADD COLUMN shown jsonb;                          -- verdict and summary by grade: what a list may tell to whom

-- A person's word beside a finding. It changes no verdict and is only added to.
CREATE TABLE hetu.override (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_id   text NOT NULL REFERENCES hetu.site_check,
    rule       text NOT NULL,
    says       text NOT NULL CHECK (says IN ('does not apply', 'permitted', 'forbidden', 'conditional')),
    reason     text NOT NULL,
    person     text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    made_by    text NOT NULL
);
CREATE INDEX override_check ON hetu.override (check_id, id);

CREATE FUNCTION hetu.only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.rule FOR EACH STATEMENT EXECUTE FUNCTION hetu.only_added_to();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.rulebook FOR EACH STATEMENT EXECUTE FUNCTION hetu.only_added_to();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.rulebook_use FOR EACH STATEMENT EXECUTE FUNCTION hetu.only_added_to();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.override FOR EACH STATEMENT EXECUTE FUNCTION hetu.only_added_to();
CREATE TRIGGER journal AFTER INSERT ON hetu.rule FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('code', 'body');
CREATE TRIGGER journal AFTER INSERT ON hetu.rulebook FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id', 'body');
CREATE TRIGGER journal AFTER INSERT ON hetu.rulebook_use FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('id');
CREATE TRIGGER journal AFTER INSERT ON hetu.override FOR EACH ROW EXECUTE FUNCTION hetu.write_journal('check_id');
