-- The entries of these numbers, the oldest first. ?1 a JSON array of numbers.
SELECT
    number, 1, city, trip, revision, fingerprint, billed_at, day, currency, top_up, top_up_document, due_reason, due_at, seen, documents,
    content, whole_since
FROM journal
WHERE number IN (SELECT value FROM json_each(?1))
ORDER BY number
