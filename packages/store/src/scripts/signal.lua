-- signal: what others than the task's worker do to it.
--
-- KEYS  1 the tenant's base
-- ARGV  task, request id ('' where the kind is idempotent by nature), kind, then by kind:
--   cancel  event, delivery, retention in ms
--   alarm   wake event, deadline event, delivery, retention in ms. Rings only if it is time by Redis' clock
--   wake    what it must be waiting for, event                                 a decision, a reply
--   vanished  leg, event                the leg has no job in the queue: it is owed again, under a new number
--   alive   start seq, event            the worker of a start that was taken for crashed has lost its lease only
--   usage   hold id, nano-dollars, tokens, event                               a late report lowers an estimate once
--   line    account key                 (no task) rechecks who waits for that account's money
--   admit                               (no task) gives free seats to those who wait
-- Reply {'OK', last seq, legs…}         each leg as in admission.lua
--       {'REPLAY'}                      this request was done before
--       {'REFUSED', status, stop reason}
--       {'UNKNOWN'}
--
-- Protects invariant 7: a terminal state is final; a cancelled or overdue task's worker is fenced off at once.

-- include: task, accounts, holds, unsettled, admission, transition, line

local id, request, kind = take(), take(), take()
local touched, legs = {}, {}

local function done(seq)
  table.insert(legs, 1, 'OK')
  table.insert(legs, 2, whole(seq))
  return legs
end

if kind == 'line' then
  wakeLine(take(), legs)
  saveAccounts()
  return done(0)
elseif kind == 'admit' then
  admitNext(base, legs)
  return done(0)
end

local task = openTask(base, id)
if not task then
  redis.call('ZREM', key(base, 'due'), id)
  return { 'UNKNOWN' }
end
local head = task.head
if request ~= '' and head['request:' .. request] ~= '' then
  return { 'REPLAY' }
end

local function refuse()
  return { 'REFUSED', head.status, head.stop_reason }
end

local function endNow(event, ending)
  put(task, 'epoch', nextEpoch(task))
  append(task, { event })
  toEnd(task, ending, touched, legs)
  redis.call('PUBLISH', settings.controlChannel, base .. '\n' .. id)
end

local function wakeNow(event)
  append(task, { event })
  toQueued(task, legs)
end

if kind == 'cancel' then
  if terminal[head.status] then
    return refuse()
  end
  local event = take()
  endNow(event, { status = 'cancelled', stopReason = 'cancelled', delivery = take(), retentionMs = take() })
elseif kind == 'alarm' then
  local wakeEvent, deadlineEvent = take(), take()
  local wakeAt, deadlineAt = tonumber(head.wake_at), tonumber(head.deadline_at)
  if deadlineAt and deadlineAt <= nowMs then
    endNow(deadlineEvent, { status = 'stopped', stopReason = 'deadline', delivery = take(), retentionMs = take() })
  elseif head.status == 'waiting' and wakeAt and wakeAt <= nowMs then
    -- Everybody who waited for the window is woken at once: none of them is a newcomer.
    if head.waiting_for == 'budget' then
      put(task, 'pass', head.line)
    end
    wakeNow(wakeEvent)
  else
    setAlarm(task)
    return refuse()
  end
elseif kind == 'wake' then
  if head.status ~= 'waiting' or head.waiting_for ~= take() then
    return refuse()
  end
  wakeNow(take())
elseif kind == 'vanished' then
  if take() ~= head.leg or head.seated ~= '1' or (head.status ~= 'queued' and head.status ~= 'running') then
    return refuse()
  end
  chargeOpenHolds(task, touched)
  put(task, 'epoch', nextEpoch(task))
  wakeNow(take())
elseif kind == 'alive' then
  -- Once: the number of the start is remembered like a request.
  local start = take()
  if terminal[head.status] or head['alive:' .. start] ~= '' then
    return refuse()
  end
  put(task, 'alive:' .. start, '1')
  append(task, { take() })
elseif kind == 'usage' then
  local hold, nano, tokens = take(), takeNumber(), take()
  -- The estimate, and what it was for: `<nano-dollars> <kind> <tokens, four numbers> <name>`.
  local estimate, spentOn, name = string.match(head['lost:' .. hold], '^(%d+) (%a+) %d+ %d+ %d+ %d+ (.*)$')
  if terminal[head.status] or not estimate then
    return refuse()
  end
  local lost = tonumber(estimate)
  if nano > lost then
    return refuse()
  end
  local spent, held, reserve = moneyOf(task)
  putMoney(task, spent + nano - lost, held, reserve)
  for _, account in ipairs(accountsOf(task)) do
    addSpent(account, nano - lost)
    noteWhoWaits(account, touched)
  end
  report(task, nano - lost, '1', table.concat({ 'confirmed', estimate, spentOn, tokens, name }, ' '))
  put(task, 'lost:' .. hold, '')
  append(task, { take() })
end

if request ~= '' then
  put(task, 'request:' .. request, '1')
end
saveTask(task)
wakeLines(touched, legs)
return done(journalLength(task))
