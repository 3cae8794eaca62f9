-- Keeps a quote, in place of the one before.
--
-- KEYS[3]   the quote
-- ARGV[5]   the document
-- ARGV[6]   for how long to keep it, in seconds
--
-- Returns {'ok'}.

begin()
redis.call('SET', KEYS[3], ARGV[5], 'EX', ARGV[6])
return { 'ok' }
