SELECT number, at_ms, manifest FROM generation WHERE number = ?1
