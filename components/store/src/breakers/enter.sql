-- ?1 to ?9 the row, ?10 the generation in whose place it is put. Where there is another one nothing happens, and no row comes back.
INSERT INTO breaker (kind, generation, is_open, since_ms, failed_ms, lease_ms, holder, opened, why)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (kind) DO UPDATE SET
    generation = excluded.generation, is_open = excluded.is_open, since_ms = excluded.since_ms, failed_ms = excluded.failed_ms,
    lease_ms = excluded.lease_ms, holder = excluded.holder, opened = excluded.opened, why = excluded.why
WHERE breaker.generation = ?10
RETURNING kind, generation, is_open, since_ms, failed_ms, lease_ms, holder, opened, why
