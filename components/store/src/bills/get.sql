SELECT request, document FROM bill WHERE city = ?1 AND trip = ?2
