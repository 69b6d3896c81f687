-- open --
-- id of the new task
INSERT INTO hetu.intake_task (intake_layer_id, supplier, words, due, opened_by)
SELECT l.id, l.supplier, :words, :due, :actor FROM hetu.intake_layer AS l WHERE l.id = :intake_layer RETURNING id;

-- today --
SELECT CAST(now() AT TIME ZONE 'Asia/Shanghai' AS date) AS today;

-- answer --
UPDATE hetu.intake_task SET state = 'answered', answer = :words, answered_at = now(), answered_by = :actor
WHERE id = :id AND state <> 'closed' RETURNING id;

-- close --
UPDATE hetu.intake_task SET state = 'closed', closed_at = now(), closed_by = :actor WHERE id = :id AND state <> 'closed' RETURNING id;

-- tasks --
-- what is still to be done first, then by the day it is due
SELECT t.id, t.intake_layer_id AS layer_id, l.delivery_id AS delivery, d.name AS delivery_name, l.layer, l.source, t.supplier, t.state, t.words,
       t.due, t.opened_at, t.opened_by, t.answer, t.answered_at, t.answered_by, t.closed_at, t.closed_by,
       t.state = 'open' AND t.due < CAST(now() AT TIME ZONE 'Asia/Shanghai' AS date) AS late
FROM hetu.intake_task AS t
JOIN hetu.intake_layer AS l ON l.id = t.intake_layer_id
JOIN hetu.delivery AS d ON d.id = l.delivery_id
WHERE (CAST(:state AS text) IS NULL OR t.state = :state) AND (CAST(:supplier AS text) IS NULL OR t.supplier = :supplier)
  AND (CAST(:id AS bigint) IS NULL OR t.id = :id)
ORDER BY t.state = 'closed', t.due, t.id;
