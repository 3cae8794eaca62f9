-- What became of the segments ?3 of a trip: the first that is there and says something else, how many are not there, the
-- sums, and the newest revision of its bill. Segments never change and are added all or none, so this can be asked after the fact.
SELECT
    conflict, missing, distance, duration, segments,
    (SELECT max(revision) FROM bill WHERE bill.city = ?1 AND bill.trip = ?2) AS billed
FROM (
    SELECT
        min(sent.value ->> 0) FILTER (
            WHERE (stored.started_at, stored.distance, stored.duration) IS NOT (sent.value ->> 1, sent.value ->> 2, sent.value ->> 3)
            AND stored.sequence IS NOT NULL
        ) AS conflict,
        count(*) FILTER (WHERE stored.sequence IS NULL) AS missing
    FROM json_each(?3) AS sent
    LEFT JOIN segment AS stored ON stored.city = ?1 AND stored.trip = ?2 AND stored.sequence = sent.value ->> 0
)
LEFT JOIN trip ON city = ?1 AND trip = ?2 AND expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
