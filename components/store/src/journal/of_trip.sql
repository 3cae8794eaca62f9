-- What there is of a trip: its newest bill, and the segments that wait, whose revision is NULL. ?1 the city, ?2 the trip.
SELECT * FROM (
    SELECT
        number, EXISTS (SELECT 1 FROM journal_waiting WHERE journal_waiting.number = journal.number) AS waits, city, trip, revision,
        fingerprint, billed_at, day, currency, top_up, top_up_document, due_reason, due_at, seen, documents, content, whole_since
    FROM journal
    WHERE city = ?1 AND trip = ?2 AND revision IS NOT NULL AND binds = 1
    ORDER BY revision DESC
    LIMIT 1
)
UNION ALL
SELECT
    entry.number, 1, entry.city, entry.trip, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, entry.content, NULL
FROM journal_waiting AS waiting
JOIN journal AS entry ON entry.number = waiting.number AND entry.revision IS NULL
WHERE waiting.city = ?1 AND waiting.trip = ?2
