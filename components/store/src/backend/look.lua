-- Writes nothing of its own. Run on the first bucket of a city, it settles over how many buckets the city is spread; on any, it tells where the
-- bucket is.
--
-- Returns {'ok'}.

begin()
return { 'ok' }
