-- Enters a nonce, and writes nothing else.
--
-- Returns {'ok'}.

begin()
return { 'ok' }
