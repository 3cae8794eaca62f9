-- What the shared store has of a trip is sent all the same if it waits, with what it was made with: whoever has read it has not heard how
-- far the store is, and would not notice that it loses it. ?1 the city, ?2 the trip, ?3 the revision, ?4 its fingerprint, ?5 its document.
UPDATE journal_waiting SET secured = 2 WHERE secured < 2 AND number IN (
    SELECT number FROM journal
    WHERE city = ?1 AND trip = ?2 AND revision = ?3 AND revision IS NOT NULL AND binds = 1 AND fingerprint = ?4 AND content = ?5
)
