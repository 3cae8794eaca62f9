-- Writes nothing of its own: run on the first bucket of a city, it settles over how many buckets the city is spread.
--
-- Returns {'ok'}.

begin()
return { 'ok' }
