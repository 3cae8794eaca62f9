-- What is due after the moment ?2 and the trip ?3, the earliest first.
SELECT trip, revision, reason, at FROM due WHERE city = ?1 AND (at, trip) > (?2, ?3) ORDER BY at, trip LIMIT ?4
