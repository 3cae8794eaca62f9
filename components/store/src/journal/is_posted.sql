-- What the shared store has of a trip does not wait, unless it has to be sent again with what it was made with. ?1 the city, ?2
-- the trip, ?3 the revision, ?4 its fingerprint, ?5 its document.
DELETE FROM journal_waiting WHERE secured < 2 AND number IN (
    SELECT number FROM journal
    WHERE city = ?1 AND trip = ?2 AND revision = ?3 AND revision IS NOT NULL AND binds = 1 AND fingerprint = ?4 AND content = ?5
)
