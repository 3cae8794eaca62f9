-- The site, other than ?2, that writes the city ?1.
SELECT owner, epoch, retry_after_s FROM fence WHERE city = ?1 AND owner <> ?2
