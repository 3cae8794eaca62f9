-- Puts another document in the place of a revision's, if that is still what it was.
--
-- KEYS[3]   the bill: a hash of `head`, the number of the newest revision, and its `fingerprint` and `document`; and for each
--           older one `<number>:fingerprint` and `<number>:document`
-- ARGV[5]   the number of the revision
-- ARGV[6]   what its document was
-- ARGV[7]   what it is to be
--
-- Returns {'redacted'}, or {'other'} when it is another one, or there is none.

local head = redis.call('HGET', KEYS[3], 'head')
local field = head == ARGV[5] and 'document' or ARGV[5] .. ':document'
if redis.call('HGET', KEYS[3], field) ~= ARGV[6] then
    return { 'other' }
end

begin()
redis.call('HSET', KEYS[3], field, ARGV[7])
return { 'redacted' }
