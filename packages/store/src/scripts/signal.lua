-- signal: what others than the task's worker do to it.
--
-- KEYS  1 the tenant's base
-- ARGV  task, request id ('' where the kind is idempotent by nature), kind, then by kind:
--   cancel  event, delivery, retention in ms
--   alarm   wake event, deadline event, delivery, retention in ms. Rings only if it is time by Redis' clock
--   wake    what it must be waiting for, event                                 a decision, a reply
--   usage   hold id, nano-dollars, event                                       a late report lowers an estimate once
--   line    account key                            (no task) rechecks who waits for that account's money
-- Reply {'OK', last seq, woken legs…}   each leg as in line.lua
--       {'REPLAY'}                      this request was done before
--       {'REFUSED', status, stop reason}
--       {'UNKNOWN'}
--
-- Protects invariant 7: a terminal state is final; a cancelled or overdue task's worker is fenced off at once.

local id, request, kind = take(), take(), take()
local touched, woken = {}, {}

if kind == 'line' then
  wakeLine(take(), woken)
  table.insert(woken, 1, 'OK')
  table.insert(woken, 2, '0')
  return woken
end

local task = openTask(base, id)
if not task then
  redis.call('ZREM', key(base, 'due'), id)
  return { 'UNKNOWN' }
end
local head = task.head
if request ~= '' and head['request:' .. request] then
  return { 'REPLAY' }
end

local function refuse()
  return { 'REFUSED', head.status, head.stop_reason }
end

local function endNow(event, ending)
  put(task, 'epoch', whole(tonumber(head.epoch) + 1))
  append(task, { event })
  toEnd(task, ending, touched)
  redis.call('PUBLISH', settings.controlChannel, base .. '\n' .. id)
end

local function wakeNow(event)
  append(task, { event })
  woken[1] = table.concat({ base, id, toQueued(task) }, '\n')
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
elseif kind == 'usage' then
  local hold, nano = take(), take()
  local lost = head['lost:' .. hold]
  if terminal[head.status] or not lost then
    return refuse()
  end
  local record = splitLines(lost)
  for i = 2, #record do
    redis.call('HINCRBY', record[i], 'spent', whole(tonumber(nano) - tonumber(record[1])))
    touched[record[i]] = true
  end
  redis.call('HDEL', key(base, 'head', id), 'lost:' .. hold)
  append(task, { take() })
end

if request ~= '' then
  put(task, 'request:' .. request, '1')
end
saveTask(task)
wakeLines(touched, woken)
table.insert(woken, 1, 'OK')
table.insert(woken, 2, whole(journalLength(task)))
return woken
