-- Keeps a quote, in place of the one before.
--
-- KEYS[3]   the quote
-- ARGV[3]   the document
-- ARGV[4]   for how long to keep it, in seconds
--
-- Returns {'ok'}.

begin()
redis.call('SET', KEYS[3], ARGV[3], 'EX', ARGV[4])
return { 'ok' }
