-- standing --
-- where features in force lie, by identifiers that only one of them has
SELECT f.ident, (min(ST_XMin(f.geom)) + max(ST_XMax(f.geom))) / 2 AS x, (min(ST_YMin(f.geom)) + max(ST_YMax(f.geom))) / 2 AS y
FROM hetu.feature AS f
WHERE f.edition_id = (SELECT c.edition_id FROM hetu.current_edition AS c WHERE c.layer = :layer) AND f.ident = ANY(CAST(:idents AS text[]))
GROUP BY f.ident HAVING count(*) = 1;
