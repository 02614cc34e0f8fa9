-- deliver: the outcome of one try of a webhook delivery, or the wish to have it sent again.
--
-- KEYS  1 the tenant's base
-- ARGV  delivery, try (the number of tries the caller saw), 'record', state (pending | delivered | failed),
--       next try after ms, try record (opaque), lifetime in ms
--       delivery, '', 'again'
-- Reply {'OK', tries} | {'OLD'} another worker recorded that try | {'UNKNOWN'}

local id, try, kind = take(), take(), take()
local delivery = key(base, 'delivery', id)
local seen = redis.call('HMGET', delivery, 'tries', 'task')
if not seen[1] then
  redis.call('ZREM', key(base, 'deliveriesDue'), id)
  return { 'UNKNOWN' }
end
if kind == 'again' then
  redis.call('HSET', delivery, 'state', 'pending', 'next_at', nowText, 'round_at', nowText)
  redis.call('PERSIST', delivery)
  redis.call('ZADD', key(base, 'deliveriesDue'), nowText, id)
  return { 'OK', seen[1] }
end
if seen[1] ~= try then
  return { 'OLD' }
end
local state, afterMs, record, lifetimeMs = take(), takeNumber(), take(), take()
local tries = whole(tonumber(try) + 1)
redis.call('HSET', delivery, 'tries', tries, 'state', state, 'last_try', record, 'last_try_at', nowText)
if state == 'pending' then
  redis.call('HSET', delivery, 'next_at', whole(nowMs + afterMs))
  redis.call('ZADD', key(base, 'deliveriesDue'), whole(nowMs + afterMs), id)
else
  redis.call('HDEL', delivery, 'next_at')
  redis.call('ZREM', key(base, 'deliveriesDue'), id)
  redis.call('PEXPIRE', delivery, lifetimeMs)
end
return { 'OK', tries }
