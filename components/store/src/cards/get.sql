SELECT document FROM card WHERE city = ?1 AND version = ?2
