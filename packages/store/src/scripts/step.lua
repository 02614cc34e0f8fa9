-- step: all that a worker has to say between two things it does. Facts are appended, ended calls settled, the
-- next calls' money held, the task's status moved: in this order, in one round trip.
--
-- KEYS  1 the tenant's base
-- ARGV  task, epoch, n (the command's number within the epoch), cursor (events the worker has seen),
--       facts (a list of events), settlements (count, then hold id + nano-dollars + what it was for + '1' where unconfirmed),
--       holds (count, then id + nano-dollars + what for); if there are any: terms (as in accounts.lua), reserve
--         (nano-dollars), held (events appended if every hold is taken), least (nano-dollars of the least call of use),
--         parked (as in line.lua: what is appended if it must wait for money, and when it is woken; nothing: it never waits),
--         delivery (the id of the webhook that then tells of it; nothing: the task has none),
--       transition (applied unless the holds were refused)
-- Reply {outcome, legs (a list, each as in admission.lua), events that others appended since the cursor…}
--       outcome: verdict, at, first seq of this command, last seq, free money, soft ('1': a soft limit is reached), a
--       line each; verdict OK | SPENT | PARKED | WINDOW as in holds.lua; facts and settlements stand in every case
--       {'UNKNOWN'} | {'OLD'} | {'GAP'} | {'FENCED', status}
--
-- Protects invariant 1: the last command, its reply lost and sent again, returns its kept reply and does nothing;
-- an older one is refused; a gap means that Redis forgot. Then the fence, then the work. Only `step` writes the slot.

-- include: task

local task = openTask(base, take())
local epoch, n, cursor = take(), takeNumber(), takeNumber()
if not task then
  return { 'UNKNOWN' }
end
local head = task.head

-- `before`: how many events there were when the command was executed.
local function reply(outcome, before, legs)
  local parts = {}
  if before > cursor then
    parts = redis.call('LRANGE', key(base, 'journal', task.id), cursor, before - 1)
  end
  table.insert(parts, 1, outcome)
  table.insert(parts, 2, legs)
  return parts
end

-- The slot: `<epoch>\n<n>\n<outcome>` of the last command.
local lastEpoch, lastN, lastOutcome = string.match(head.slot, '^([^\n]+)\n(%d+)\n(.*)$')
lastN = epoch == lastEpoch and tonumber(lastN) or 0
if epoch == lastEpoch and n == lastN then
  -- The legs of the first execution stay owed; the sweeper queues them.
  return reply(lastOutcome, string.match(lastOutcome, '^%u+\n%d+\n(%d+)') - 1, {})
elseif n <= lastN then
  return { 'OLD' }
elseif epoch ~= head.epoch or head.status ~= 'running' then
  return { 'FENCED', head.status }
elseif n ~= lastN + 1 then
  return { 'GAP' }
end

append(task, takeList())

-- What the last reply was is kept in the head, with the command that it answers.
local function finish(verdict, free, soft)
  saveJournal(task)
  local last = journalLength(task)
  local before = last - task.appended
  local outcome = string.format('%s\n%s\n%d\n%d\n%s\n%d', verdict, nowText, before + 1, last, whole(free), soft and 1 or 0)
  put(task, 'slot', epoch .. '\n' .. n .. '\n' .. outcome)
  saveTask(task)
  return outcome, before
end

-- Facts alone, no settlement, no hold, no transition: the ledger is not needed.
if ARGV[position + 1] == '0' and ARGV[position + 2] == '0' and ARGV[position + 3] == '' then
  local outcome, before = finish('OK', 0, false)
  return reply(outcome, before, {})
end

-- include: accounts, holds

local touched, legs = {}, {}
for _ = 1, takeNumber() do
  local hold, nano = take(), take()
  settle(task, hold, nano, take(), take(), touched)
end

local holds = {}
for i = 1, takeNumber() do
  holds[i] = { id = take(), nano = takeNumber(), what = take() }
end

local verdict, free, account, soft, terms, reserve, least, parked, delivery = 'OK', 0, nil, false, nil, nil, nil, nil, nil
if #holds > 0 then
  terms, reserve = takeTerms(), takeNumber()
  local held
  held, least, parked, delivery = takeList(), take(), take(), take()
  verdict, free, account, soft = takeHolds(task, terms, holds, reserve)
  -- Without events that say so nobody waits for money: the call is not worth it.
  if verdict == 'LINE' and parked == '' then
    verdict = 'SPENT'
  end
  if verdict == 'OK' then
    append(task, held)
  end
end

local to = ARGV[position + 1]
if #touched == 0 and verdict ~= 'LINE' and (verdict ~= 'OK' or to == '') then
  saveAccounts()
  local outcome, before = finish(verdict, free, soft)
  return reply(outcome, before, legs)
end

-- include: unsettled, admission, transition

if verdict == 'LINE' then
  -- include: line

  verdict = 'PARKED'
  local need = reserve
  for _, hold in ipairs(holds) do
    need = need + hold.nano
  end
  local endsAt = waitEndsAt(account, terms.endsAt)
  toWaiting(task, {
    waitingFor = 'budget',
    afterMs = endsAt and whole(endsAt - nowMs) or '',
    standsStill = endsAt and '1' or '0',
  }, touched, legs)
  joinLine(task, account, least, need, parked, delivery, touched)
elseif verdict == 'OK' then
  local transition = takeTransition()
  apply(task, transition, touched, legs)
  -- Handed back, or come to nothing for want of a provider.
  local uncounted = to == 'queued' and 1 or transition.uncounted or 0
  if uncounted > 0 then
    put(task, 'attempts', whole(tonumber(head.attempts) - uncounted))
  end
end
local outcome, before = finish(verdict, free, soft)
if #touched > 0 then
  -- include: line

  wakeLines(touched, legs)
end
saveAccounts()
return reply(outcome, before, legs)
