-- nearest --
-- number of the search, sure (its class is meant, or any class is), id, ident, name, class, metres: the nearest of each kind within reach
SELECT DISTINCT ON (number, sure) number, sure, id, ident, name, class, metres
FROM (
    SELECT w.number, w.meant IS NULL OR coalesce(f.class = ANY(w.meant), false) AS sure, f.id, f.ident, f.name, f.class,
           ST_Distance(f.geom, CAST(:site AS geometry)) AS metres
    FROM hetu.feature AS f
    JOIN jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w (number integer, edition bigint, within double precision, meant text[], known text[])
      ON w.edition = f.edition_id
    WHERE f.edition_id = ANY(:editions) AND f.geom && ST_Expand(CAST(:site AS geometry), :farthest)
      AND ST_DWithin(f.geom, CAST(:site AS geometry), w.within)
      AND (w.meant IS NULL OR f.class IS NULL OR f.class = ANY(w.meant) OR NOT f.class = ANY(w.known))
) AS near
ORDER BY number, sure, metres, id;

-- spoken_for --
-- coverage id, within in m, share of the ground that far around the site that the coverage holds
SELECT c.id, wanted.within,
       CASE WHEN ST_Covers(c.geom, wide) THEN 1.0 ELSE ST_Area(ST_Intersection(c.geom, wide)) / ST_Area(wide) END AS share
FROM unnest(CAST(:coverages AS bigint[]), CAST(:withins AS double precision[])) AS wanted (id, within)
JOIN hetu.coverage AS c USING (id)
CROSS JOIN LATERAL ST_Buffer(CAST(:site AS geometry), wanted.within) AS wide;

-- set_aside --
-- edition_id, within in m, how many rows that were set aside have their box that near the site
SELECT wanted.edition_id, wanted.within, count(a.id) AS aside
FROM unnest(CAST(:editions AS bigint[]), CAST(:withins AS double precision[])) AS wanted (edition_id, within)
LEFT JOIN hetu.set_aside AS a ON a.edition_id = wanted.edition_id AND a.box && ST_Expand(CAST(:site AS geometry), wanted.within)
GROUP BY wanted.edition_id, wanted.within;

-- attributes --
-- edition_id, id, attributes of the features named by :editions and :ids (arrays in step)
SELECT f.edition_id, f.id, f.attributes
FROM unnest(CAST(:editions AS bigint[]), CAST(:ids AS bigint[])) AS wanted (edition_id, id)
JOIN hetu.feature AS f USING (edition_id, id)
WHERE f.edition_id = ANY(CAST(:distinct AS bigint[]));

-- united --
-- number of the group, area in m2 that the union of its features shares with the site; clipped to the site's box with the guard of overlay
SELECT number, ST_Area(ST_UnaryUnion(ST_Collect(ST_CollectionExtract(ST_Intersection(piece, CAST(:site AS geometry)), 3)))) AS area
FROM (
    SELECT wanted.number,
           CASE WHEN ST_NPoints(f.geom) <= 64 THEN f.geom
                ELSE (SELECT CASE WHEN ST_IsValid(clip) THEN clip ELSE f.geom END
                      FROM ST_ClipByBox2D(f.geom, ST_Envelope(CAST(:site AS geometry))) AS clip)
           END AS piece
    FROM unnest(CAST(:numbers AS integer[]), CAST(:editions AS bigint[]), CAST(:ids AS bigint[])) AS wanted (number, edition_id, id)
    JOIN hetu.feature AS f USING (edition_id, id)
    WHERE f.edition_id = ANY(CAST(:editions AS bigint[]))
) AS near
GROUP BY number;
