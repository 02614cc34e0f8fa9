-- One task: its head as a table, its changes written back once, its events appended and announced.

local terminal = { completed = true, stopped = true, failed = true, cancelled = true }

local function openTask(tenantBase, id)
  local fields = redis.call('HGETALL', key(tenantBase, 'head', id))
  if #fields == 0 then
    return nil
  end
  local head = {}
  for i = 1, #fields, 2 do
    head[fields[i]] = fields[i + 1]
  end
  return { base = tenantBase, id = id, head = head, changed = {}, fresh = {} }
end

-- Values are strings: numbers pass through whole() first.
local function put(task, field, value)
  if task.head[field] ~= value then
    task.head[field] = value
    task.changed[field] = value
  end
end

-- What was put and appended since the last time: one write of the head, one of the journal, one notice.
local function saveTask(task)
  if #task.fresh > 0 then
    task.length = redis.call('RPUSH', key(task.base, 'journal', task.id), unpack(task.fresh))
    redis.call('PUBLISH', key(task.base, 'notice', task.id), whole(task.length))
    task.fresh = {}
  end
  local arguments = {}
  for field, value in pairs(task.changed) do
    arguments[#arguments + 1] = field
    arguments[#arguments + 1] = value
  end
  if #arguments > 0 then
    redis.call('HSET', key(task.base, 'head', task.id), unpack(arguments))
  end
  task.changed = {}
end

-- An epoch is `<number>.<nonce of the claim>`; a number alone is nobody's.
local function nextEpoch(task)
  return whole(tonumber(string.match(task.head.epoch, '^%d+')) + 1)
end

-- With what was appended and not yet saved.
local function journalLength(task)
  task.length = task.length or redis.call('LLEN', key(task.base, 'journal', task.id))
  return task.length + #task.fresh
end

-- Events are opaque bytes. The stamp before them is `<ms since 1970>.<attempt>|`: one clock for all processes.
local function append(task, events)
  if #events == 0 then
    return
  end
  local stamp = whole(nowMs) .. '.' .. task.head.attempts .. '|'
  for _, event in ipairs(events) do
    task.fresh[#task.fresh + 1] = stamp .. event
  end
end
