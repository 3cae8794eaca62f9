SELECT distance, duration, segments FROM trip WHERE city = ?1 AND trip = ?2
