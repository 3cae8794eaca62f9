-- The bills of a trip that may say who rode, whether they count or not, and what counts instead of them. ?1 the city, ?2 the trip.
SELECT entry.number, entry.content, outcome.by_content
FROM journal AS entry
LEFT JOIN journal_outcome AS outcome ON outcome.number = entry.number
WHERE entry.city = ?1 AND entry.trip = ?2 AND entry.revision IS NOT NULL AND entry.binds = 1
UNION ALL
SELECT entry.number, entry.content, outcome.by_content
FROM journal AS entry
LEFT JOIN journal_outcome AS outcome ON outcome.number = entry.number
WHERE entry.city = ?1 AND entry.trip = ?2 AND entry.revision IS NOT NULL AND entry.binds = 0
