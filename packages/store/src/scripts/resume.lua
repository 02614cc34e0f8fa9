-- resume: a task that was stopped or had failed goes on from its journal, as a new leg with a new deadline.
--
-- KEYS  1 the tenant's base
-- ARGV  task, request id, seq (the journal's length on which the caller decided), deadline's length in ms, event,
--       SHA-1 of the archive that was read ('' none), its entries (a list)
-- Reply {'OK', legs…} (as in admission.lua) | {'REPLAY'} | {'REFUSED', status} | {'MOVED'} the journal is longer than `seq`: decide anew
--       {'ARCHIVED', archive}             nothing was done: ask again with that archive's digest and entries
--       {'UNKNOWN'}
--
-- Protects invariant 7: only `resume` reopens a terminal state, and in the same stroke it restores the journal from its
-- archive and lifts the expiry. No live task is without the list that the other scripts append to.

-- include: task, accounts, holds, unsettled, admission, transition

local task = openTask(base, take())
local request, seq, timeoutMs, event, digest = take(), takeNumber(), take(), take(), take()
if not task then
  return { 'UNKNOWN' }
end
local head = task.head
if head['request:' .. request] ~= '' then
  return { 'REPLAY' }
elseif head.status ~= 'stopped' and head.status ~= 'failed' then
  return { 'REFUSED', head.status }
end

local journal, archiveKey = key(base, 'journal', task.id), key(base, 'archive', task.id)
local entries = {}
if redis.call('EXISTS', journal) == 0 then
  local archive = redis.call('GET', archiveKey)
  if archive and redis.sha1hex(archive) ~= digest then
    return { 'ARCHIVED', archive }
  elseif archive then
    entries = takeList()
    task.length = #entries
  end
end
if journalLength(task) ~= seq then
  return { 'MOVED' }
end

-- By the thousand: Lua hands over only so many arguments at once.
for first = 1, #entries, 1000 do
  redis.call('RPUSH', journal, unpack(entries, first, math.min(first + 999, #entries)))
end
redis.call('DEL', archiveKey)
append(task, { event })
redis.call('ZREM', key(base, 'index', 'stop_reason:' .. head.stop_reason), task.id)
put(task, 'stop_reason', '')
put(task, 'deadline_at', whole(nowMs + tonumber(timeoutMs)))
local legs = { 'OK' }
toQueued(task, legs)
put(task, 'request:' .. request, '1')
saveTask(task)
redis.call('ZREM', key(base, 'retention'), task.id)
redis.call('ZREM', key(base, 'archived'), task.id)
redis.call('PERSIST', key(base, 'head', task.id))
redis.call('PERSIST', journal)
redis.call('PERSIST', key(base, 'taskDeliveries', task.id))
return legs
