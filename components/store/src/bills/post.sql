-- ?3 the trip, ?4 the number of the revision, ?5 its fingerprint, ?6 its document, ?7 when it was made, ?8 its day, ?9 to ?11
-- its top-up, ?12 and ?13 why something is due and when. A row comes back when it was kept, and the triggers of the table
-- have done the rest.
INSERT INTO bill (
    city, trip, revision, fingerprint, document, billed_at, day, currency, top_up, top_up_document, due_reason, due_at
)
SELECT city, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 FROM admitted
WHERE ?4 = 1 + coalesce((SELECT max(revision) FROM bill WHERE city = ?1 AND trip = ?3), 0)
ON CONFLICT DO NOTHING
RETURNING 1
