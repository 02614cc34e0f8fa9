-- claim: a worker takes a task up. The epoch rises, and with it the fence: whoever had the task before can
-- append nothing more.
--
-- KEYS  1 the tenant's base
-- ARGV  task, leg, BullMQ's attemptsStarted of the leg's job, nonce, task.started event
-- Reply {'OK' | 'REPLAY', epoch, journal…}
--       {'UNKNOWN'}                       no such task
--       {'REFUSED', status}               the leg is not current, an older start of it, or nothing is to be done
--
-- Protects invariant 1: an equal (leg, start) pair is the same claim asked again after a lost reply. The nonce is part
-- of the epoch: where Redis forgot a claim that it had acknowledged, the next one must not be mistaken for it.

-- include: task

local task = openTask(base, take())
local leg, start, nonce, started = take(), take(), take(), take()
if not task then
  return { 'UNKNOWN' }
end
local head = task.head
alsoRead(task, { 'leg', 'claimed_leg', 'claimed_start' })
if leg ~= head.leg or (head.status ~= 'queued' and head.status ~= 'running') then
  return { 'REFUSED', head.status }
end

local verdict = 'OK'
if leg == head.claimed_leg and tonumber(start) <= tonumber(head.claimed_start) then
  if start ~= head.claimed_start or head.status ~= 'running' then
    return { 'REFUSED', head.status }
  end
  verdict = 'REPLAY'
else
  put(task, 'epoch', nextEpoch(task) .. '.' .. nonce)
  put(task, 'claimed_leg', leg)
  put(task, 'claimed_start', start)
  put(task, 'attempts', whole(tonumber(head.attempts) + 1))
  put(task, 'moved_at', nowText)
  -- Who performs it has found its job: the queue is owed nothing any more.
  redis.call('ZREM', key(base, 'owed'), task.id .. '.' .. leg)
  -- Its alarm, the deadline, was set when it was queued.
  setStatus(task, 'running')
  append(task, { started })
  -- Only where a worker died, or was told to leave in the middle of a call, is there money to be settled.
  if head.holds ~= '' or string.find(head.money, ' [1-9]%d*$') then
    -- include: accounts, holds, unsettled, admission, transition, line

    local touched, legs = {}, {}
    chargeOpenHolds(task, touched)
    saveTask(task)
    -- The legs stay owed; the sweeper queues them.
    wakeLines(touched, legs)
  end
  saveTask(task)
end

local reply = redis.call('LRANGE', key(base, 'journal', task.id), 0, -1)
table.insert(reply, 1, verdict)
table.insert(reply, 2, head.epoch)
return reply
