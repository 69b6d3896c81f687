-- in_force --
-- the edition of features that the layer of the staged :edition would take the place of, and its number
SELECT before.id, before.seq
FROM hetu.edition AS e
JOIN hetu.current_edition AS c ON c.layer = e.layer
JOIN hetu.edition AS before ON before.id = c.edition_id
WHERE e.id = :edition AND before.id <> e.id AND e.kind <> 'raster' AND before.kind <> 'raster';

-- show --
-- from now on pg_temp.staged is the stage of :edition
SELECT hetu.show_stage(:edition);

-- hash_joins --
-- how many identifiers stand once in both is a guess of the planner's, and it guesses a few: looping over 150,000 twice took more than a quarter of an hour
SELECT set_config('enable_nestloop', 'off', true);

-- any_joins --
SELECT set_config('enable_nestloop', 'on', true);

-- hide --
DROP VIEW pg_temp.staged;

-- pair_by_ident --
-- features of the stage and of the edition :before that bear the same identifier, which nothing else in either bears
CREATE TEMPORARY TABLE paired ON COMMIT DROP AS
WITH new AS (
    SELECT ident, min(id) AS id FROM pg_temp.staged WHERE ident IS NOT NULL GROUP BY ident HAVING count(*) = 1
), old AS (
    SELECT ident, min(id) AS id FROM hetu.feature WHERE edition_id = :before AND ident IS NOT NULL GROUP BY ident HAVING count(*) = 1
)
SELECT new.id AS new_id, old.id AS old_id FROM new JOIN old USING (ident);

-- pair_by_place --
-- of what is left, features whose geometry is the same byte for byte; where several are, each is paired once
WITH new AS (
    SELECT id, digest, row_number() OVER (PARTITION BY digest ORDER BY id) AS nth
    FROM (SELECT s.id, md5(CAST(s.geom AS bytea)) AS digest FROM pg_temp.staged AS s
          WHERE NOT EXISTS (SELECT FROM pg_temp.paired AS p WHERE p.new_id = s.id)) AS left_over
), old AS (
    SELECT id, digest, row_number() OVER (PARTITION BY digest ORDER BY id) AS nth
    FROM (SELECT f.id, md5(CAST(f.geom AS bytea)) AS digest FROM hetu.feature AS f
          WHERE f.edition_id = :before AND NOT EXISTS (SELECT FROM pg_temp.paired AS p WHERE p.old_id = f.id)) AS left_over
)
INSERT INTO pg_temp.paired (new_id, old_id) SELECT new.id, old.id FROM new JOIN old USING (digest, nth);

-- pair_by_box --
-- of what is still left, those that reach as far to every side and have as many vertices: the same shape begun at another corner or drawn the other way
-- round, or one that changed within. Whether it did is asked of the pair
WITH new AS (
    SELECT id, box, row_number() OVER (PARTITION BY box ORDER BY id) AS nth
    FROM (SELECT s.id, ARRAY[ST_XMin(s.geom), ST_YMin(s.geom), ST_XMax(s.geom), ST_YMax(s.geom), ST_NPoints(s.geom)] AS box FROM pg_temp.staged AS s
          WHERE NOT EXISTS (SELECT FROM pg_temp.paired AS p WHERE p.new_id = s.id)) AS left_over
), old AS (
    SELECT id, box, row_number() OVER (PARTITION BY box ORDER BY id) AS nth
    FROM (SELECT f.id, ARRAY[ST_XMin(f.geom), ST_YMin(f.geom), ST_XMax(f.geom), ST_YMax(f.geom), ST_NPoints(f.geom)] AS box FROM hetu.feature AS f
          WHERE f.edition_id = :before AND NOT EXISTS (SELECT FROM pg_temp.paired AS p WHERE p.old_id = f.id)) AS left_over
)
INSERT INTO pg_temp.paired (new_id, old_id) SELECT new.id, old.id FROM new JOIN old USING (box, nth);

-- indexed --
-- so that the planner knows how many there are
ANALYZE pg_temp.paired;

-- differences --
-- how many stand in both, of those how many are the same, say something else, lie elsewhere (by more than :tolerance_m); how many in one only
WITH both_of AS (
    SELECT o.attributes = s.attributes AND o.class IS NOT DISTINCT FROM s.class AS says_the_same,
           CASE
               WHEN CAST(o.geom AS bytea) = CAST(s.geom AS bytea) THEN false
               WHEN greatest(abs(ST_XMin(o.geom) - ST_XMin(s.geom)), abs(ST_YMin(o.geom) - ST_YMin(s.geom)),
                             abs(ST_XMax(o.geom) - ST_XMax(s.geom)), abs(ST_YMax(o.geom) - ST_YMax(s.geom))) > :tolerance_m THEN true
               -- as many corners, the same middle, area and length: coordinates that were rounded, or a ring begun elsewhere
               WHEN ST_NPoints(o.geom) = ST_NPoints(s.geom)
                AND ST_Distance(ST_Centroid(o.geom), ST_Centroid(s.geom)) <= 0.01 * :tolerance_m
                AND abs(ST_Length(o.geom) - ST_Length(s.geom)) <= 0.01 * :tolerance_m
                AND abs(ST_Area(o.geom) - ST_Area(s.geom)) <= 0.01 * :tolerance_m * ST_Perimeter(o.geom) THEN false
               -- every corner against every other: of large shapes only whether they are the same is asked
               WHEN ST_NPoints(o.geom) + ST_NPoints(s.geom) <= 2000
                   THEN ST_HausdorffDistance(o.geom, s.geom) > :tolerance_m
               ELSE NOT ST_Equals(o.geom, s.geom)
           END AS moved
    FROM pg_temp.paired AS p
    JOIN pg_temp.staged AS s ON s.id = p.new_id
    JOIN hetu.feature AS o ON o.edition_id = :before AND o.id = p.old_id
)
SELECT count(*) FILTER (WHERE says_the_same AND NOT moved) AS same,
       count(*) FILTER (WHERE NOT says_the_same) AS changed,
       count(*) FILTER (WHERE moved) AS moved,
       (SELECT count(*) FROM pg_temp.staged) - count(*) AS added,
       (SELECT count(*) FROM hetu.feature WHERE edition_id = :before) - count(*) AS gone
FROM both_of;

-- classes_moved --
-- from, to, count, area_m2: features that stand in both and changed their class, the largest area first
SELECT o.class AS "from", s.class AS "to", count(*) AS count, round(CAST(sum(ST_Area(s.geom)) AS numeric), 2) AS area_m2
FROM pg_temp.paired AS p
JOIN pg_temp.staged AS s ON s.id = p.new_id
JOIN hetu.feature AS o ON o.edition_id = :before AND o.id = p.old_id
WHERE o.class IS DISTINCT FROM s.class
GROUP BY 1, 2 ORDER BY sum(ST_Area(s.geom)) DESC, count(*) DESC, 1, 2 LIMIT 200;

-- forget --
DROP TABLE pg_temp.paired;
