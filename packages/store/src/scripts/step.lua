-- step: all that a worker has to say between two things it does. Facts are appended, ended calls settled, the
-- next calls' money held, the task's status moved: in this order, in one round trip.
--
-- KEYS  1 the tenant's base
-- ARGV  task, epoch, n (the command's number within the epoch), cursor (events the worker has seen),
--       facts (a list of events), settlements (count, then hold id + nano-dollars + what it was for),
--       holds (count, then id + nano-dollars + what for); if there are any: terms (as in accounts.lua), reserve
--         (nano-dollars), held (events appended if every hold is taken), least (nano-dollars of the least call of use),
--         parked (a list, as in line.lua: what is appended if it must wait for money), wake event,
--       transition (applied unless the holds were refused)
-- Reply {verdict, at, first seq of this command, last seq, free money, soft ('1': a soft limit is reached),
--        legs (count, then each as in admission.lua), events that others appended since the cursor…}
--       verdict OK | SPENT | PARKED | WINDOW as in holds.lua; facts and settlements stand in every case
--       {'UNKNOWN'} | {'OLD'} | {'GAP'} | {'FENCED', status}
--
-- Protects invariant 1: the last command, its reply lost and sent again, returns its kept reply and does nothing;
-- an older one is refused; a gap means that Redis forgot. Then the fence, then the work. Only `step` writes the slot.

-- include: task, accounts, holds

local task = openTask(base, take())
local epoch, n, cursor = take(), takeNumber(), takeNumber()
if not task then
  return { 'UNKNOWN' }
end
local head = task.head

local function reply(parts, othersEnd, legs)
  parts[7] = tostring(#legs)
  for _, leg in ipairs(legs) do
    parts[#parts + 1] = leg
  end
  if othersEnd >= cursor then
    for _, event in ipairs(redis.call('LRANGE', key(base, 'journal', task.id), cursor, othersEnd)) do
      parts[#parts + 1] = event
    end
  end
  return parts
end

-- The slot: `<epoch>\n<n>\n<the reply's parts, a line each>`.
local slot = splitLines(head.slot)
local lastN = epoch == slot[1] and tonumber(slot[2]) or 0
if epoch == slot[1] and n == lastN then
  -- The legs of the first execution stay owed; the sweeper queues them.
  local kept = { unpack(slot, 3) }
  return reply(kept, tonumber(kept[3]) - 2, {})
elseif n <= lastN then
  return { 'OLD' }
elseif epoch ~= head.epoch or head.status ~= 'running' then
  return { 'FENCED', head.status }
elseif n ~= lastN + 1 then
  return { 'GAP' }
end

local touched, legs = {}, {}
append(task, takeList())
for _ = 1, takeNumber() do
  local hold, nano = take(), take()
  settle(task, hold, nano, take(), touched)
end

local holds = {}
for i = 1, takeNumber() do
  holds[i] = { id = take(), nano = takeNumber(), what = take() }
end

local verdict, free, account, soft, terms, reserve, least, parked, wakeEvent = 'OK', 0, nil, false, nil, nil, nil, nil, nil
if #holds > 0 then
  terms, reserve = takeTerms(), takeNumber()
  local held
  held, least, parked, wakeEvent = takeList(), take(), takeList(), take()
  verdict, free, account, soft = takeHolds(task, terms, holds, reserve)
  if verdict == 'OK' then
    append(task, held)
  end
end

-- What the last reply was is kept in the head, with the command that it answers.
local function finish()
  saveJournal(task)
  local last = journalLength(task)
  local before = last - task.appended
  local kept = { verdict, whole(nowMs), whole(before + 1), whole(last), whole(free), soft and '1' or '0' }
  put(task, 'slot', table.concat({ epoch, n, unpack(kept) }, '\n'))
  saveTask(task)
  return kept, before - 1
end

local to = ARGV[position + 1]
if #touched == 0 and verdict ~= 'LINE' and (verdict ~= 'OK' or to == '') then
  saveAccounts()
  local kept, othersEnd = finish()
  return reply(kept, othersEnd, legs)
end

-- include: unsettled, admission, transition, line

if verdict == 'LINE' then
  verdict = 'PARKED'
  local need = reserve
  for _, hold in ipairs(holds) do
    need = need + hold.nano
  end
  append(task, { parkedEvent(parked, account) })
  local endsAt = waitEndsAt(account, terms.endsAt)
  toWaiting(task, {
    waitingFor = 'budget',
    afterMs = endsAt and whole(endsAt - nowMs) or '',
    standsStill = endsAt and '1' or '0',
  }, touched, legs)
  joinLine(task, account, least, need)
  put(task, 'wake_event', wakeEvent)
elseif verdict == 'OK' then
  apply(task, takeTransition(), touched, legs)
  if to == 'queued' then
    -- Handed back: the attempt is not counted.
    put(task, 'attempts', whole(tonumber(head.attempts) - 1))
  end
end
local kept, othersEnd = finish()
wakeLines(touched, legs)
return reply(kept, othersEnd, legs)
