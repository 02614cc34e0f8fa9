-- Where a task goes from running, and what hangs on it: its money and its seat, the leg in `owed`, the webhook in
-- `deliveries-due`, the lifetime of what a finished task leaves behind. Whoever calls these saves the task.

-- `waiting`: {waitingFor, afterMs ('' = somebody else wakes it), standsStill ('1' = so does the deadline)}.
-- A parked task holds no money, its reserve included, and no seat.
local function toWaiting(task, waiting, touched, legs)
  chargeOpenHolds(task, touched)
  setStatus(task, 'waiting')
  put(task, 'waiting_for', waiting.waitingFor)
  put(task, 'wake_at', waiting.afterMs ~= '' and whole(nowMs + tonumber(waiting.afterMs)) or '')
  if waiting.standsStill == '1' and task.head.deadline_at ~= '' then
    put(task, 'left_ms', whole(math.max(0, tonumber(task.head.deadline_at) - nowMs)))
    put(task, 'deadline_at', '')
  end
  setAlarm(task)
  leaveSeat(task, legs)
end

-- It was let through a line and does not take the money: the next may.
local function passOn(task, touched)
  if task.head.pass ~= '' then
    touched[#touched + 1] = task.head.pass
    put(task, 'pass', '')
  end
end

-- `ending`: {status, stopReason, delivery (the id that a webhook takes if the task has one), retentionMs}.
local function toEnd(task, ending, touched, legs)
  alsoRead(task, { 'user', 'seated', 'webhook' })
  chargeOpenHolds(task, touched)
  passOn(task, touched)
  if task.head.status ~= 'running' then
    -- Whoever stood behind it may be covered.
    if task.head.line ~= '' then
      touched[#touched + 1] = task.head.line
    end
    -- Who runs waits for nothing, and has left `owed` at the claim.
    redis.call('ZREM', key(task.base, 'owed'), task.id .. '.' .. task.head.leg)
    put(task, 'waiting_for', '')
    put(task, 'wake_at', '')
    put(task, 'line', '')
    put(task, 'wake_event', '')
  end
  setStatus(task, ending.status)
  put(task, 'deadline_at', '')
  put(task, 'stop_reason', ending.stopReason)
  redis.call('ZADD', key(task.base, 'index', 'stop_reason:' .. ending.stopReason), '0', task.id)
  redis.call('ZREM', key(task.base, 'due'), task.id)
  if task.head.webhook == '1' then
    oweDelivery(task, ending.delivery, 'task.' .. ending.status)
  end
  -- The sweeper removes the task at the end of its retention; the later lifetime is for when no sweeper runs.
  redis.call('ZADD', key(task.base, 'retention'), whole(nowMs + tonumber(ending.retentionMs)), task.id)
  local lifetimeMs = whole(tonumber(ending.retentionMs) + tonumber(settings.sweepGraceMs))
  redis.call('PEXPIRE', key(task.base, 'head', task.id), lifetimeMs)
  redis.call('PEXPIRE', key(task.base, 'journal', task.id), lifetimeMs)
  if task.head.webhook == '1' then
    redis.call('PEXPIRE', key(task.base, 'taskDeliveries', task.id), lifetimeMs)
  end
  leaveSeat(task, legs)
end

-- '' nothing; 'queued' and its lane; 'waiting', its three arguments and how many attempts do not count; or a terminal
-- status with its three.
local function takeTransition()
  local to = take()
  if to == 'queued' then
    return { to = to, lane = take() }
  elseif to == 'waiting' then
    return { to = to, waitingFor = take(), afterMs = take(), standsStill = take(), uncounted = takeNumber() }
  elseif terminal[to] then
    return { to = to, status = to, stopReason = take(), delivery = take(), retentionMs = take() }
  end
  return { to = to }
end

local function apply(task, transition, touched, legs)
  if transition.to == 'queued' then
    chargeOpenHolds(task, touched)
    toQueued(task, legs, transition.lane ~= '' and transition.lane or nil)
  elseif transition.to == 'waiting' then
    passOn(task, touched)
    toWaiting(task, transition, touched, legs)
  elseif terminal[transition.to] then
    toEnd(task, transition, touched, legs)
  end
end
