-- What every write begins with. ?1 the city, ?2 the site that asks. `admitted` is the city, and empty when another site
-- writes it: then nothing is written, and no row comes back.
WITH admitted (city) AS (
    SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM fence WHERE city = ?1 AND owner <> ?2)
)
