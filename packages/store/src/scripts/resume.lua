-- resume: a task that was stopped or had failed goes on from its journal, as a new leg with a new deadline.
--
-- KEYS  1 the tenant's base
-- ARGV  task, request id, seq (the journal's length on which the caller decided), deadline's length in ms, event
-- Reply {'OK', legs…} (as in admission.lua) | {'REPLAY'} | {'REFUSED', status} | {'MOVED'} the journal is longer than `seq`: decide anew
--       {'UNKNOWN'}
--
-- Protects invariant 7: only `resume` reopens a terminal state, and it lifts the expiry in the same stroke.

local task = openTask(base, take())
local request, seq, timeoutMs, event = take(), takeNumber(), take(), take()
if not task then
  return { 'UNKNOWN' }
end
local head = task.head
if head['request:' .. request] then
  return { 'REPLAY' }
elseif head.status ~= 'stopped' and head.status ~= 'failed' then
  return { 'REFUSED', head.status }
elseif journalLength(task) ~= seq then
  return { 'MOVED' }
end

append(task, { event })
redis.call('ZREM', key(base, 'index', 'stop_reason:' .. head.stop_reason), task.id)
put(task, 'stop_reason', '')
put(task, 'deadline_at', whole(nowMs + tonumber(timeoutMs)))
local legs = { 'OK' }
toQueued(task, legs)
put(task, 'request:' .. request, '1')
saveTask(task)
redis.call('ZREM', key(base, 'retention'), task.id)
for _, kind in ipairs({ 'head', 'journal', 'taskAccount', 'taskDeliveries' }) do
  redis.call('PERSIST', key(base, kind, task.id))
end
return legs
