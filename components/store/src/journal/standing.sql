-- How many wait, since when the oldest does, how many gave way, how many are refused, and how large it all is.
SELECT
    (SELECT count(*) FROM journal_waiting),
    (SELECT at_ms FROM journal WHERE number = (SELECT min(number) FROM journal_waiting)),
    (SELECT count(*) FROM journal_outcome WHERE outcome = 'superseded'),
    (SELECT count(*) FROM journal_outcome WHERE outcome = 'refused'),
    coalesce((SELECT bytes FROM journal_size), 0)
