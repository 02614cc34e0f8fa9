-- submit: a task comes into being, or the first answer to the same request is found again.
--
-- KEYS  1 the tenant's base
-- ARGV  task, idempotency key ('' none), request digest, idempotency lifetime in ms, busy for ms ('0': no one waits),
--       terms (as in accounts.lua), least (nano-dollars of the least call), parked (a list, as in line.lua), wake event,
--       deadline's length in ms, delay in ms ('' none), webhook ('1' | '0'), user ('' none), priority,
--       seats of a user, seats of the tenant, index names (a list), events (a list)
-- Reply {'OK' | 'AGAIN', legs…}  legs as in admission.lua; AGAIN: this very task was submitted before (a lost reply)
--       {'REPLAY', task, answer ('' unknown)} | {'BUSY', task} | {'MISMATCH'}   the idempotency key was used
--       {'SPENT', account, window, its end in ms (0 unknown)}   its terms say to refuse; where they say to wait, the
--                               task comes into being in the account's line
--
-- Protects invariant 6: the leg is owed to the queue by the same script that makes the task.

-- include: task, accounts, holds, unsettled, admission, transition

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

local terms, least, parked, wakeEvent = takeTerms(), takeNumber(), takeList(), take()
local blocked
for _, account in ipairs(terms.accounts) do
  weigh(account)
  -- Spent: what is left pays not even the least call, and it is not the limit alone that is too low for it.
  if account.unspent <= 0 or (account.unspent < least and account.unspent < account.limit) then
    if not account.waits then
      saveAccounts()
      return { 'SPENT', account.key, account.tight, whole(account.endsAt or 0) }
    end
    account.waitsFor = account.tight
    blocked = blocked or account
  end
end

if idempotencyKey ~= '' then
  redis.call('HSET', key(base, 'idempotency', idempotencyKey), 'digest', digest, 'task', id, 'busy_until',
    whole(nowMs + busyMs))
  redis.call('PEXPIRE', key(base, 'idempotency', idempotencyKey), keptMs)
end

local timeoutMs, delayMs, webhook, user, priority = take(), take(), take(), take(), take()
setSeatCaps(base, take(), take())
local indexes = takeList()
local task = newTask(base, id)
local status = (delayMs ~= '' or blocked) and 'waiting' or 'queued'
put(task, 'status', status)
put(task, 'epoch', '0')
put(task, 'leg', '0')
put(task, 'attempts', '0')
put(task, 'left_ms', timeoutMs)
put(task, 'webhook', webhook)
put(task, 'user', user)
put(task, 'priority', priority)
put(task, 'lane', priority)
put(task, 'indexes', table.concat(indexes, '\n'))
append(task, takeList())
redis.call('ZADD', key(base, 'index', 'all'), 0, id)
redis.call('ZADD', key(base, 'index', 'status:' .. task.head.status), 0, id)
for _, index in ipairs(indexes) do
  redis.call('ZADD', key(base, 'index', index), 0, id)
end

local legs = { 'OK' }
if delayMs ~= '' then
  put(task, 'waiting_for', 'timer')
  put(task, 'wake_at', whole(nowMs + tonumber(delayMs)))
  setAlarm(task)
elseif blocked then
  -- include: line

  append(task, { parkedEvent(parked, blocked) })
  put(task, 'leg', '1')
  put(task, 'waiting_for', 'budget')
  put(task, 'wake_event', wakeEvent)
  local endsAt = waitEndsAt(blocked, terms.endsAt)
  put(task, endsAt and 'wake_at' or 'deadline_at', whole(endsAt or nowMs + tonumber(timeoutMs)))
  setAlarm(task)
  joinLine(task, blocked, '1', math.max(1, least))
else
  toQueued(task, legs)
end
saveTask(task)
saveAccounts()
return legs
