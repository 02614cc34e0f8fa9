-- step: all that a worker has to say between two things it does. Facts are appended, ended calls settled, the
-- next calls' money held, the task's status moved: in this order, in one round trip.
--
-- KEYS  1 the tenant's base
-- ARGV  task, epoch, n (the command's number within the epoch), cursor (events the worker has seen),
--       facts (a list of events), settlements (count, then hold id + nano-dollars),
--       accounts, holds (count, then id + nano-dollars), held (events appended if every hold is taken),
--       least (nano-dollars of the least call of use), parked (events appended if the money is others'), wake event,
--       transition (applied unless the holds were refused)
-- Reply {verdict, at, first seq of this command, last seq, free money, legs (count, then each as in admission.lua),
--        events that others appended since the cursor…}
--       verdict OK | SPENT | PARKED | WINDOW as in money.lua; facts and settlements stand in every case
--       {'UNKNOWN'} | {'OLD'} | {'GAP'} | {'FENCED', status}
--
-- Protects invariant 1: the last command, its reply lost and sent again, returns its kept reply and does nothing;
-- an older one is refused; a gap means that Redis forgot. Then the fence, then the work. Only `step` writes the slot.

local task = openTask(base, take())
local epoch, n, cursor = take(), takeNumber(), takeNumber()
if not task then
  return { 'UNKNOWN' }
end
local head = task.head
local journal = key(base, 'journal', task.id)

local function reply(parts, othersEnd, legs)
  parts[6] = tostring(#legs)
  for _, leg in ipairs(legs) do
    parts[#parts + 1] = leg
  end
  if othersEnd >= cursor then
    for _, event in ipairs(redis.call('LRANGE', journal, cursor, othersEnd)) do
      parts[#parts + 1] = event
    end
  end
  return parts
end

local lastN = epoch == head.slot_epoch and tonumber(head.slot_n) or 0
if epoch == head.slot_epoch and n == lastN then
  -- The legs of the first execution stay owed; the sweeper queues them.
  local kept = splitLines(head.slot_reply)
  return reply(kept, tonumber(kept[3]) - 2, {})
elseif n <= lastN then
  return { 'OLD' }
elseif epoch ~= head.epoch or head.status ~= 'running' then
  return { 'FENCED', head.status }
elseif n ~= lastN + 1 then
  return { 'GAP' }
end

local before = journalLength(task)
local touched, legs = {}, {}
append(task, takeList())
for _ = 1, takeNumber() do
  local hold = take()
  settle(task, hold, take(), touched)
end

local accounts, holds = takeAccounts(), {}
for i = 1, takeNumber() do
  holds[i] = { id = take(), nano = take() }
end
local held, least, parked, wakeEvent, transition = takeList(), take(), takeList(), take(), takeTransition()

local verdict, free = 'OK', 0
if #holds > 0 then
  local blocked
  verdict, free, blocked = takeHolds(task, accounts, holds)
  if verdict == 'OK' then
    append(task, held)
  elseif verdict == 'LINE' then
    verdict = 'PARKED'
    local need = 0
    for _, hold in ipairs(holds) do
      need = need + tonumber(hold.nano)
    end
    append(task, parked)
    toWaiting(task, { waitingFor = 'budget', afterMs = '', standsStill = '0' }, touched, legs)
    joinLine(task, blocked, least, whole(need))
    put(task, 'wake_event', wakeEvent)
  end
end
if verdict == 'OK' then
  apply(task, transition, touched, legs)
  if transition.to == 'queued' then
    -- Handed back: the attempt is not counted.
    put(task, 'attempts', whole(tonumber(head.attempts) - 1))
  end
end

local kept = { verdict, whole(nowMs), whole(before + 1), whole(journalLength(task)), whole(free) }
put(task, 'slot_epoch', epoch)
put(task, 'slot_n', whole(n))
put(task, 'slot_reply', table.concat(kept, '\n'))
saveTask(task)
wakeLines(touched, legs)
return reply(kept, before - 1, legs)
