-- Keeps a document unless there is one: documents of one version are as good as each other.
--
-- KEYS[3]   the document
-- ARGV[5]   its text
--
-- Returns {'ok'}.

if redis.call('EXISTS', KEYS[3]) == 0 then
    begin()
    redis.call('SET', KEYS[3], ARGV[5])
end
return { 'ok' }
