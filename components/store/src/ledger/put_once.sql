-- ?3 the trip, then the entry. A row comes back when the top-up was entered.
INSERT INTO ledger (city, trip, currency, top_up, scenario, billed_at)
SELECT city, ?3, ?4, ?5, ?6, ?7 FROM admitted
WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
ON CONFLICT DO NOTHING
RETURNING 1
