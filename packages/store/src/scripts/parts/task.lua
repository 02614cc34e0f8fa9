-- One task: its head as a table, its changes written back once, its events appended and announced.
-- A field that the head does not have reads as ''.

local terminal = { completed = true, stopped = true, failed = true, cancelled = true }

local function splitLines(text)
  local parts = {}
  for part in string.gmatch(text, '[^\n]+') do
    parts[#parts + 1] = part
  end
  return parts
end

-- What nearly every command needs is read at once; the first other field that somebody asks for brings the rest.
local first = { 'status', 'epoch', 'attempts', 'slot', 'money', 'holds', 'accounts', 'indexes' }

local function absent()
  return ''
end

local function openTask(tenantBase, id)
  local headKey = key(tenantBase, 'head', id)
  local values = redis.call('HMGET', headKey, unpack(first))
  if not values[1] then
    return nil
  end
  local head = {}
  for i, field in ipairs(first) do
    head[field] = values[i] or ''
  end
  local function readRest(_, wanted)
    setmetatable(head, { __index = absent })
    local fields = redis.call('HGETALL', headKey)
    for i = 1, #fields, 2 do
      -- What was put meanwhile is newer than what is stored.
      if rawget(head, fields[i]) == nil then
        head[fields[i]] = fields[i + 1]
      end
    end
    return head[wanted]
  end
  setmetatable(head, { __index = readRest })
  return { base = tenantBase, id = id, head = head, changed = {}, fresh = {}, appended = 0 }
end

local function newTask(tenantBase, id)
  local head = setmetatable({}, { __index = absent })
  return { base = tenantBase, id = id, head = head, changed = {}, fresh = {}, appended = 0 }
end

-- Values are strings: numbers pass through whole() first.
local function put(task, field, value)
  if task.head[field] ~= value then
    task.head[field] = value
    task.changed[field] = value
  end
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

-- One write of the journal and one notice for what was appended since the last time.
local function saveJournal(task)
  if #task.fresh > 0 then
    task.length = redis.call('RPUSH', key(task.base, 'journal', task.id), unpack(task.fresh))
    task.appended = task.appended + #task.fresh
    task.fresh = {}
    redis.call('PUBLISH', key(task.base, 'notice', task.id), whole(task.length))
  end
end

local function saveTask(task)
  saveJournal(task)
  local arguments = {}
  for field, value in pairs(task.changed) do
    arguments[#arguments + 1] = field
    arguments[#arguments + 1] = value
  end
  if #arguments > 0 then
    redis.call('HSET', key(task.base, 'head', task.id), unpack(arguments))
    task.changed = {}
  end
end

-- With what was appended and not yet saved.
local function journalLength(task)
  task.length = task.length or redis.call('LLEN', key(task.base, 'journal', task.id))
  return task.length + #task.fresh
end

-- An epoch is `<number>.<nonce of the claim>`; a number alone is nobody's.
local function nextEpoch(task)
  return whole(tonumber(string.match(task.head.epoch, '^%d+')) + 1)
end
