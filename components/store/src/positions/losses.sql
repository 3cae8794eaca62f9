-- What was lost after the loss of the number ?1.
SELECT number, city, bucket, at_ms FROM loss WHERE number > ?1 ORDER BY number
