-- Fairness is admission: a user, and a tenant, have a bounded number of seats, and only a task with a seat has a leg
-- in the queue. The others wait in their user's backlog; whoever ends or parks a task gives its seat to the next.
-- `hungry` names the users with a backlog, in the order in which they are to be served: one seat each, round and
-- round. Tasks without a user share one backlog and are bounded by the tenant alone.

local function seatCaps(tenantBase)
  local caps = capsOf[tenantBase] or redis.call('HMGET', key(tenantBase, 'admission'), 'user_cap', 'tenant_cap')
  capsOf[tenantBase] = caps
  return tonumber(caps[1]), tonumber(caps[2])
end

local function setSeatCaps(tenantBase, userCap, tenantCap)
  local user, tenant = seatCaps(tenantBase)
  if user ~= tonumber(userCap) or tenant ~= tonumber(tenantCap) then
    redis.call('HSET', key(tenantBase, 'admission'), 'user_cap', userCap, 'tenant_cap', tenantCap)
    capsOf[tenantBase] = { userCap, tenantCap }
  end
end

local function userIsFull(tenantBase, user, cap)
  return user ~= '' and cap and redis.call('SCARD', key(tenantBase, 'seats', user)) >= cap
end

local function tenantIsFull(tenantBase, cap)
  return cap and redis.call('SCARD', key(tenantBase, 'allSeats')) >= cap
end

-- Numbers for those who wait, in the order of their coming; milliseconds would have ties.
local function nextTurn(tenantBase)
  return redis.call('HINCRBY', key(tenantBase, 'admission'), 'turn', 1)
end

local function beHungry(tenantBase, user)
  redis.call('ZADD', key(tenantBase, 'hungry'), 'NX', nextTurn(tenantBase), user)
end

-- The leg is owed to the queue from now on, until somebody has added it there. Returned as
-- `<tenant base>\n<task>\n<leg>\n<lane>`, for the caller to add it.
local function oweLeg(task)
  redis.call('ZADD', key(task.base, 'owed'), nowText, task.id .. '.' .. task.head.leg)
  return table.concat({ task.base, task.id, task.head.leg, task.head.lane }, '\n')
end

local function takeSeat(task)
  redis.call('SADD', key(task.base, 'allSeats'), task.id)
  if task.head.user ~= '' then
    redis.call('SADD', key(task.base, 'seats', task.head.user), task.id)
  end
  put(task, 'seated', '1')
  put(task, 'moved_at', nowText)
end

-- Tasks that were awake before stand in front of all that were not.
local AWAKE_FIRST = 2 ^ 52

-- A seat and an owed leg, or a place in the backlog.
local function seekSeat(task, wasAwake, legs)
  local user = task.head.user
  local userCap, tenantCap = seatCaps(task.base)
  local behind = redis.call('EXISTS', key(task.base, 'backlog', user)) == 1
  if not behind and not userIsFull(task.base, user, userCap) and not tenantIsFull(task.base, tenantCap) then
    takeSeat(task)
    legs[#legs + 1] = oweLeg(task)
    return
  end
  local place = nextTurn(task.base) - (wasAwake and AWAKE_FIRST or 0)
  redis.call('ZADD', key(task.base, 'backlog', user), whole(place), task.id)
  beHungry(task.base, user)
end

-- A new leg in the given lane (else that of its priority). A task that keeps its seat owes the leg at once; another
-- one seeks a seat. What is owed is added to `legs`.
local function toQueued(task, legs, lane)
  local wasAwake = task.head.leg ~= '0'
  put(task, 'leg', whole(tonumber(task.head.leg) + 1))
  put(task, 'lane', lane or task.head.priority)
  put(task, 'moved_at', nowText)
  setStatus(task, 'queued')
  put(task, 'waiting_for', '')
  put(task, 'wake_at', '')
  put(task, 'line', '')
  put(task, 'wake_event', '')
  if task.head.deadline_at == '' then
    put(task, 'deadline_at', whole(nowMs + tonumber(task.head.left_ms)))
  end
  setAlarm(task)
  if task.head.seated == '1' then
    legs[#legs + 1] = oweLeg(task)
  else
    seekSeat(task, wasAwake, legs)
  end
end

local function admitNext(tenantBase, legs)
  if redis.call('EXISTS', key(tenantBase, 'hungry')) == 0 then
    return
  end
  local userCap, tenantCap = seatCaps(tenantBase)
  while not tenantIsFull(tenantBase, tenantCap) do
    local next = redis.call('ZPOPMIN', key(tenantBase, 'hungry'))
    local user = next[1]
    if not user then
      return
    end
    -- A user without a free seat is hungry again when one of his becomes free.
    if not userIsFull(tenantBase, user, userCap) then
      local backlog = key(tenantBase, 'backlog', user)
      local first = redis.call('ZPOPMIN', backlog)
      local task = first[1] and openTask(tenantBase, first[1])
      if task and task.head.status == 'queued' and task.head.seated ~= '1' then
        takeSeat(task)
        legs[#legs + 1] = oweLeg(task)
        saveTask(task)
      end
      if redis.call('EXISTS', backlog) == 1 then
        beHungry(tenantBase, user)
      end
    end
  end
end

-- Gives up the seat, or the place in the backlog.
local function leaveSeat(task, legs)
  local user = task.head.user
  if task.head.seated ~= '1' then
    redis.call('ZREM', key(task.base, 'backlog', user), task.id)
    return
  end
  redis.call('SREM', key(task.base, 'allSeats'), task.id)
  if user ~= '' then
    redis.call('SREM', key(task.base, 'seats', user), task.id)
  end
  -- Who has a seat stands in no backlog: admitNext cannot open this task again and find it half-changed.
  put(task, 'seated', '0')
  if redis.call('EXISTS', key(task.base, 'backlog', user)) == 1 then
    beHungry(task.base, user)
  end
  admitNext(task.base, legs)
end
