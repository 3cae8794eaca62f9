SELECT kind, generation, is_open, since_ms, failed_ms, lease_ms, holder, opened, why FROM breaker
