-- ?3 the trip, ?4 the request, ?5 the number of the revision, ?6 its fingerprint, ?7 its document, ?8 when it was made, ?9 its
-- day, ?10 to ?12 its top-up, ?13 and ?14 why something is due and when, ?15 how many segments the trip had when it was
-- made, or NULL, ?16 and ?17 what it was made as and follows, or NULL. It has to belong to its neighbours, as `lineage.rs` of `crates/records`
-- says. A row comes back when it was kept, and the triggers have done the rest.
INSERT INTO arriving_bill (
    city, trip, once, revision, fingerprint, document, billed_at, day, currency, top_up, top_up_document, due_reason, due_at
)
SELECT city, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 FROM fresh
WHERE NOT EXISTS (SELECT 1 FROM bill WHERE city = ?1 AND trip = ?3 AND revision = ?5)
    AND NOT EXISTS (
        SELECT 1 FROM bill
        WHERE city = ?1 AND trip = ?3 AND revision = ?5 - 1 AND fingerprint LIKE '%~%'
            AND fingerprint NOT LIKE '%~' || ?17 AND fingerprint NOT LIKE '%~' || ?17 || '~%'
    )
    AND (
        NOT EXISTS (SELECT 1 FROM bill WHERE city = ?1 AND trip = ?3 AND revision > ?5)
        OR EXISTS (
            SELECT 1 FROM bill
            WHERE city = ?1 AND trip = ?3 AND revision = ?5 + 1
                AND (?16 IS NULL OR fingerprint NOT LIKE '%~%~%' OR fingerprint LIKE '%~%~' || ?16)
        )
    )
    AND (?15 IS NULL OR ?15 = coalesce((
        SELECT segments FROM trip
        WHERE city = ?1 AND trip = ?3 AND expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
    ), 0))
RETURNING 1
