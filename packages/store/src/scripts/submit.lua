-- submit: a task comes into being, or the first answer to the same request is found again.
--
-- KEYS  1 the tenant's base
-- ARGV  task, idempotency key ('' none), request digest, idempotency lifetime in ms, busy for ms ('0': no one waits),
--       accounts (refused when one of them is spent), deadline's length in ms, delay in ms ('' none),
--       webhook ('1' | '0'), user ('' none), priority, seats of a user, seats of the tenant,
--       index names (a list), events (a list)
-- Reply {'OK' | 'AGAIN', legs…}  legs as in admission.lua; AGAIN: this very task was submitted before (a lost reply)
--       {'REPLAY', task, answer ('' unknown)} | {'BUSY', task} | {'MISMATCH'}   the idempotency key was used
--       {'SPENT', n}            the n-th account is spent
--
-- Protects invariant 6: the leg is owed to the queue by the same script that makes the task.

local id = take()
local idempotencyKey, digest, keptMs, busyMs = take(), take(), take(), takeNumber()

local existing = openTask(base, id)
if existing then
  local leg = existing.head.leg
  if redis.call('ZSCORE', key(base, 'owed'), id .. '.' .. leg) then
    return { 'AGAIN', table.concat({ base, id, leg, existing.head.lane }, '\n') }
  end
  return { 'AGAIN' }
end

if idempotencyKey ~= '' then
  local record = redis.call('HMGET', key(base, 'idempotency', idempotencyKey), 'digest', 'task', 'busy_until', 'answer')
  if record[1] then
    if record[1] ~= digest then
      return { 'MISMATCH' }
    elseif record[4] then
      return { 'REPLAY', record[2], record[4] }
    elseif tonumber(record[3]) > nowMs then
      return { 'BUSY', record[2] }
    end
    return { 'REPLAY', record[2], '' }
  end
end

for i, account in ipairs(takeAccounts()) do
  readAccount(account)
  if account.unspent <= 0 then
    return { 'SPENT', tostring(i) }
  end
end

if idempotencyKey ~= '' then
  redis.call('HSET', key(base, 'idempotency', idempotencyKey), 'digest', digest, 'task', id, 'busy_until',
    whole(nowMs + busyMs))
  redis.call('PEXPIRE', key(base, 'idempotency', idempotencyKey), keptMs)
end

local timeoutMs, delayMs, webhook, user, priority = take(), take(), take(), take(), take()
redis.call('HSET', key(base, 'admission'), 'user_cap', take(), 'tenant_cap', take())
local indexes = takeList()
local task = { base = base, id = id, head = {}, changed = {}, fresh = {} }
put(task, 'status', delayMs == '' and 'queued' or 'waiting')
put(task, 'waiting_for', delayMs == '' and '' or 'timer')
put(task, 'stop_reason', '')
put(task, 'epoch', '0')
put(task, 'leg', '0')
put(task, 'attempts', '0')
put(task, 'claimed_leg', '0')
put(task, 'claimed_start', '0')
put(task, 'slot_epoch', '0')
put(task, 'slot_n', '0')
put(task, 'left_ms', timeoutMs)
put(task, 'deadline_at', '')
put(task, 'wake_at', delayMs == '' and '' or whole(nowMs + tonumber(delayMs)))
put(task, 'line', '')
put(task, 'pass', '')
put(task, 'webhook', webhook)
put(task, 'user', user)
put(task, 'priority', priority)
put(task, 'lane', priority)
put(task, 'seated', '0')
put(task, 'indexes', table.concat(indexes, '\n'))
append(task, takeList())
redis.call('ZADD', key(base, 'index', 'all'), 0, id)
redis.call('ZADD', key(base, 'index', 'status:' .. task.head.status), 0, id)
for _, index in ipairs(indexes) do
  redis.call('ZADD', key(base, 'index', index), 0, id)
end

local legs = { 'OK' }
if delayMs == '' then
  toQueued(task, legs)
else
  setAlarm(task)
end
saveTask(task)
return legs
