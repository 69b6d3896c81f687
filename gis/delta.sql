-- base --
-- the edition in force of a layer
SELECT e.id, e.seq, e.kind, e.valid_from FROM hetu.current_edition AS c JOIN hetu.edition AS e ON e.id = c.edition_id WHERE c.layer = :layer;

-- arrived --
-- kind and first day of the staged edition, as its file brought it
SELECT kind, valid_from FROM hetu.edition WHERE id = :edition AND state = 'staged';

-- words --
-- what rows of the delta say became of their features, each once; null where a row says nothing
SELECT DISTINCT word FROM hetu.staged_rows(:edition, :field, :identify) LIMIT :most;

-- rows_of_words --
-- how many rows say none of the words that are :meant, and the first of them
SELECT count(*) AS n, (array_agg(r.row ORDER BY r.row))[1:CAST(:most AS integer)] AS rows
FROM hetu.staged_rows(:edition, :field, :identify) AS r WHERE r.word IS NULL OR r.word <> ALL(CAST(:meant AS text[]));

-- unnamed --
-- count, rows, idents of the delta's rows that are called by nothing
SELECT count(*) AS n, (array_agg(r.row ORDER BY r.row))[1:CAST(:most AS integer)] AS rows, CAST('{}' AS text[]) AS idents
FROM hetu.staged_rows(:edition, :field, :identify) AS r WHERE r.ident IS NULL;

-- named_twice --
-- count, rows, idents of the delta's rows that are called as another one is
SELECT count(*) AS n, (array_agg(t.row ORDER BY t.row))[1:CAST(:most AS integer)] AS rows,
       (array_agg(t.ident ORDER BY t.row))[1:CAST(:most AS integer)] AS idents
FROM (SELECT r.row, r.ident, count(*) OVER (PARTITION BY r.ident) AS times FROM hetu.staged_rows(:edition, :field, :identify) AS r) AS t
WHERE t.times > 1;

-- enter --
-- the delta's rows, each with what became of its feature
INSERT INTO hetu.delta_row (edition_id, row, change, ident, aside)
SELECT :edition, r.row, CAST(:meaning AS jsonb) ->> r.word, r.ident, r.aside FROM hetu.staged_rows(:edition, :field, :identify) AS r;

-- numbers --
-- row of the delta's file, number of its feature
SELECT row, id FROM hetu.delta_row WHERE edition_id = :edition;

-- say --
-- how it came to be stands among the notes of the edition
UPDATE hetu.edition SET notes = notes || CAST(:note AS jsonb) WHERE id = :edition;

-- usable --
-- whether a row of the delta is a feature that is to be published
SELECT EXISTS (SELECT FROM hetu.delta_row WHERE edition_id = :edition AND change <> 'removed' AND NOT aside);

-- faults --
-- fault, count, rows, idents: what the delta says of features that the base has not as it says
WITH asked AS (
    SELECT d.row, d.ident, d.change FROM hetu.delta_row AS d WHERE d.edition_id = :edition
), known AS (
    SELECT f.ident FROM hetu.feature AS f WHERE f.edition_id = :base AND f.ident IN (SELECT ident FROM asked)
    UNION ALL
    SELECT hetu.told(s.attributes, :identify) FROM hetu.set_aside AS s WHERE s.edition_id = :base
), met AS (
    SELECT a.row, a.ident, a.change, coalesce(k.times, 0) AS times
    FROM asked AS a LEFT JOIN (SELECT ident, count(*) AS times FROM known GROUP BY ident) AS k ON k.ident = a.ident
), judged AS (
    SELECT m.row, m.ident, CASE WHEN m.times > 1 THEN 'twice' WHEN m.change = 'added' AND m.times = 1 THEN 'already_there'
                                WHEN m.change <> 'added' AND m.times = 0 THEN 'not_there' END AS fault
    FROM met AS m
)
SELECT fault, count(*) AS n, (array_agg(j.row ORDER BY j.row))[1:CAST(:most AS integer)] AS rows,
       (array_agg(j.ident ORDER BY j.row))[1:CAST(:most AS integer)] AS idents
FROM judged AS j WHERE fault IS NOT NULL GROUP BY fault;

-- number_met --
-- what is changed or removed keeps the number it has in the base
UPDATE hetu.delta_row AS d SET id = known.id
FROM (
    SELECT f.ident, f.id FROM hetu.feature AS f WHERE f.edition_id = :base
    UNION ALL
    SELECT hetu.told(s.attributes, :identify), s.id FROM hetu.set_aside AS s WHERE s.edition_id = :base
) AS known
WHERE d.edition_id = :edition AND d.change <> 'added' AND known.ident = d.ident;

-- number_added --
-- new features go on after the highest number that the layer ever had
UPDATE hetu.delta_row AS d SET id = highest.id + new.place
FROM (
    SELECT coalesce(max(of_edition.id), -1) AS id
    FROM hetu.edition AS e
    CROSS JOIN LATERAL (
        SELECT greatest((SELECT max(f.id) FROM hetu.feature AS f WHERE f.edition_id = e.id),
                        (SELECT max(s.id) FROM hetu.set_aside AS s WHERE s.edition_id = e.id)) AS id
    ) AS of_edition
    WHERE e.layer = :layer AND e.state IN ('published', 'withdrawn')
) AS highest, (
    SELECT a.row, row_number() OVER (ORDER BY a.row) AS place FROM hetu.delta_row AS a WHERE a.edition_id = :edition AND a.change = 'added'
) AS new
WHERE d.edition_id = :edition AND d.row = new.row;

-- complete_stage --
-- the stage becomes the whole layer
SELECT hetu.complete_stage(:edition, :base, :field, (SELECT srid FROM hetu.workspace));

-- lift_aside --
-- out of the way of the numbers that follow
UPDATE hetu.set_aside SET id = -1 - id WHERE edition_id = :edition;

-- number_aside --
-- rows of the delta that are no usable features, under the numbers of their features. Where one was changed, the place it had in the base is a
-- place where nobody knows, too
UPDATE hetu.set_aside AS s
SET id = d.id, attributes = s.attributes - :field, params = s.params || jsonb_build_object('row', d.row),
    box = CASE WHEN d.change = 'changed' THEN ST_Envelope(ST_Collect(s.box, coalesce(
        (SELECT ST_Envelope(f.geom) FROM hetu.feature AS f WHERE f.edition_id = :base AND f.id = d.id),
        (SELECT b.box FROM hetu.set_aside AS b WHERE b.edition_id = :base AND b.id = d.id)))) ELSE s.box END
FROM hetu.delta_row AS d
WHERE s.edition_id = :edition AND d.edition_id = :edition AND d.aside AND d.row = -1 - s.id AND d.change <> 'removed';

-- drop_aside --
-- what is removed needs no geometry, and is not set aside for having none
DELETE FROM hetu.set_aside WHERE edition_id = :edition AND id < 0;

-- carry_aside --
-- what was set aside of the base and is not touched by the delta is no better known than before
INSERT INTO hetu.set_aside (edition_id, id, code, params, x, y, attributes, wkb, box)
SELECT :edition, s.id, s.code, s.params, s.x, s.y, s.attributes, s.wkb, s.box
FROM hetu.set_aside AS s
WHERE s.edition_id = :base AND NOT EXISTS (
    SELECT FROM hetu.delta_row AS d WHERE d.edition_id = :edition AND d.id = s.id AND d.change <> 'added');

-- keep --
-- that the edition is one of changes, and of what
INSERT INTO hetu.delta (edition_id, base_edition, added, changed, removed)
SELECT :edition, :base, count(*) FILTER (WHERE change = 'added'), count(*) FILTER (WHERE change = 'changed'), count(*) FILTER (WHERE change = 'removed')
FROM hetu.delta_row WHERE edition_id = :edition;

-- finish --
-- added, changed, removed, kept, rows_published, rows_set_aside. The edition says what it holds now: where it says anything the base said, and
-- nobody proved anything about what came in
UPDATE hetu.edition AS e
SET rows_read = stage.features + aside.n, rows_published = stage.features, rows_set_aside = aside.n,
    extent = ST_Envelope(stage.extent), kind = b.kind,
    coverage_id = b.coverage_id, coverage_basis = b.coverage_basis, coverage_word = b.coverage_word,
    disjoint = CASE WHEN b.disjoint AND NOT came.usable THEN true END,
    fields = b.fields || coalesce((
        SELECT jsonb_agg(f.value ORDER BY f.place) FROM jsonb_array_elements(e.fields) WITH ORDINALITY AS f (value, place)
        WHERE f.value ->> 0 <> :field AND NOT EXISTS (SELECT FROM jsonb_array_elements(b.fields) AS has WHERE has ->> 0 = f.value ->> 0)), '[]')
FROM hetu.delta AS d, hetu.edition AS b, hetu.measure_stage(:edition) AS stage,
     (SELECT count(*) AS n FROM hetu.set_aside WHERE edition_id = :edition) AS aside,
     (SELECT EXISTS (SELECT FROM hetu.delta_row WHERE edition_id = :edition AND change <> 'removed' AND NOT aside) AS usable) AS came
WHERE e.id = :edition AND d.edition_id = e.id AND b.id = :base
RETURNING d.added, d.changed, d.removed, e.rows_published, e.rows_set_aside,
          stage.features - (SELECT count(*) FROM hetu.delta_row WHERE edition_id = :edition AND change <> 'removed' AND NOT aside) AS kept;
