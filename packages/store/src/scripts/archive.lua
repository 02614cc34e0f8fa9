-- archive: the journal of a task that has ended becomes one string with the same events.
--
-- KEYS  1 the tenant's base
-- ARGV  task, length of the journal that was read, its last entry, the archive ('' it is left as it is, for good)
-- Reply 1 done | 0 not the journal that was read: reopened meanwhile, archived by another worker, forgotten
--
-- Protects invariant 7 against its own thrift: a journal is swapped only while its task is in a terminal state, and
-- only for what was made of these very entries. It only ever grows, so length and last entry tell them. The task moves
-- from `retention` to `archived`, where no sweep looks for journals to archive.

-- include: task

local id, length, last, archive = take(), takeNumber(), take(), take()
local head, journal, archived = key(base, 'head', id), key(base, 'journal', id), key(base, 'archive', id)
local status = redis.call('HGET', head, 'status')
local forgetAt = redis.call('ZSCORE', key(base, 'retention'), id)
if not forgetAt or (status and not terminal[status]) then
  return 0
elseif redis.call('LLEN', journal) ~= length or (redis.call('LINDEX', journal, -1) or '') ~= last then
  return 0
end
if archive ~= '' then
  local lifetimeMs = redis.call('PTTL', journal)
  if lifetimeMs > 0 then
    redis.call('SET', archived, archive, 'PX', lifetimeMs)
  else
    redis.call('SET', archived, archive)
  end
  redis.call('DEL', journal)
end
redis.call('ZREM', key(base, 'retention'), id)
redis.call('ZADD', key(base, 'archived'), forgetAt, id)
return 1
