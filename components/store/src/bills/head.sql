SELECT revision, fingerprint, document FROM bill WHERE city = ?1 AND trip = ?2 ORDER BY revision DESC LIMIT 1
