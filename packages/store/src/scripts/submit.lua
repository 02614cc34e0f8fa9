-- submit: a task comes into being, or the first answer to the same request is found again.
--
-- KEYS  1 the tenant's base
-- ARGV  task, idempotency key ('' none), request digest, idempotency lifetime in ms, busy for ms ('0': no one waits),
--       terms (as in accounts.lua), least (nano-dollars of the least call), parked and delivery (as in step.lua),
--       deadline's length in ms, delay in ms ('' none), webhook ('1' | '0'), user ('' none), priority,
--       seats of a user, seats of the tenant, index names (a list), events (a list)
-- Reply {'OK' | 'AGAIN', legs…}  legs as in admission.lua; AGAIN: this very task was submitted before (a lost reply)
--       {'REPLAY', task, answer ('' unknown)} | {'BUSY', task} | {'MISMATCH'}   the idempotency key was used
--       {'SPENT', account, window, its end in ms (0 unknown)}   its terms say to refuse; where they say to wait, the
--                               task comes into being in the account's line
--
-- Protects invariant 6: the leg is owed to the queue by the same script that makes the task.

-- include: task, accounts, admission

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

local terms, least, parked, delivery = takeTerms(), takeNumber(), take(), take()
local timeoutMs, delayMs, webhook, user, priority = take(), take(), take(), take(), take()
local blocked
-- What is left pays not even the least call, and it is not the limit alone that is too low for it. A task for later is
-- not kept from a window that is over by then.
local function isSpent(account, left, limit)
  if left > 0 and (left >= least or left >= limit.limit) then
    return false
  end
  local endsAt = endOf(account, limit.window)
  return not (endsAt and endsAt > 0 and endsAt <= nowMs + (tonumber(delayMs) or 0))
end
for _, account in ipairs(terms.accounts) do
  -- A window without an end would never be over: a call that was settled after its end has left it so.
  if account.total > 0 then
    turnWindows(account, terms.endsAt)
  end
  weigh(account)
  if isSpent(account, account.firm, account.firmLimit) then
    saveAccounts()
    local window = account.firmLimit.window
    return { 'SPENT', account.key, window, whole(endOf(account, window) or 0) }
  elseif isSpent(account, account.unspent, account.tight) then
    account.waitsFor = account.tight.window
    blocked = blocked or account
  end
end

if idempotencyKey ~= '' then
  redis.call('HSET', key(base, 'idempotency', idempotencyKey), 'digest', digest, 'task', id, 'busy_until',
    whole(nowMs + busyMs))
  redis.call('PEXPIRE', key(base, 'idempotency', idempotencyKey), keptMs)
end

setSeatCaps(base, take(), take())
local indexes = takeList()
local head = {
  status = (delayMs ~= '' or blocked) and 'waiting' or 'queued', epoch = '0', leg = '0', attempts = '0',
  left_ms = timeoutMs, webhook = webhook, user = user, priority = priority, lane = priority,
  indexes = table.concat(indexes, '\n'),
}
local changed = {}
for field, value in pairs(head) do
  changed[#changed + 1] = field
  changed[#changed + 1] = value
end
-- Of a new task nothing is stored: what stands nowhere reads as ''.
head.waiting_for, head.wake_at, head.line, head.wake_event = '', '', '', ''
setmetatable(head, { __index = function() return '' end })
local task = { base = base, id = id, head = head, changed = changed, fresh = {}, appended = 0, length = false }
append(task, takeList())
redis.call('ZADD', key(base, 'index', 'all'), '0', id)
redis.call('ZADD', key(base, 'index', 'status:' .. task.head.status), '0', id)
for _, index in ipairs(indexes) do
  redis.call('ZADD', key(base, 'index', index), '0', id)
end

local legs = { 'OK' }
if delayMs ~= '' then
  put(task, 'waiting_for', 'timer')
  put(task, 'wake_at', whole(nowMs + tonumber(delayMs)))
  setAlarm(task)
elseif blocked then
  -- include: line

  put(task, 'leg', '1')
  put(task, 'waiting_for', 'budget')
  local endsAt = waitEndsAt(blocked, terms.endsAt)
  put(task, endsAt and 'wake_at' or 'deadline_at', whole(endsAt or nowMs + tonumber(timeoutMs)))
  setAlarm(task)
  joinLine(task, blocked, '1', math.max(1, least), parked, delivery, {})
else
  toQueued(task, legs)
end
saveTask(task)
saveAccounts()
return legs
