SELECT revision, fingerprint, document FROM bill WHERE city = ?1 AND trip = ?2 AND revision = ?3
