-- Returns a row when the top-up was entered.
INSERT INTO ledger (city, trip, currency, top_up, scenario, billed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING
RETURNING 1
