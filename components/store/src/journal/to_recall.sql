SELECT 1 FROM loss WHERE is_recalled = 0 LIMIT 1
