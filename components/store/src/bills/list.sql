-- The trips after ?3 that were billed on the day ?2, each with its newest revision of that day.
SELECT trip, max(revision) FROM bill WHERE city = ?1 AND day = ?2 AND trip > ?3 GROUP BY trip ORDER BY trip LIMIT ?4
