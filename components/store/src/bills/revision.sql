SELECT revision, request, document FROM bill WHERE city = ?1 AND trip = ?2 AND revision = ?3
