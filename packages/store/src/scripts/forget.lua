-- forget: what a finished task left behind goes, at the end of its retention.
--
-- KEYS  1 the tenant's base
-- ARGV  task
-- Reply 1 forgotten | 0 not yet due, reopened meanwhile, or a webhook of it still pending

-- include: task

local id = take()
-- A finished task stands in one of the two: in the second one once its journal is archived.
local list = redis.call('ZSCORE', key(base, 'archived'), id) and key(base, 'archived') or key(base, 'retention')
local dueAt = redis.call('ZSCORE', list, id)
if not dueAt or tonumber(dueAt) > nowMs then
  return 0
end
local left = { key(base, 'head', id), key(base, 'journal', id), key(base, 'archive', id), key(base, 'taskDeliveries', id) }
local deliveries = redis.call('LRANGE', key(base, 'taskDeliveries', id), 0, -1)
for _, delivery in ipairs(deliveries) do
  -- Never before the task's deliveries end.
  if redis.call('HGET', key(base, 'delivery', delivery), 'state') == 'pending' then
    redis.call('ZADD', list, whole(nowMs + tonumber(settings.sweepGraceMs)), id)
    for _, kept in ipairs(left) do
      redis.call('PEXPIRE', kept, whole(2 * tonumber(settings.sweepGraceMs)))
    end
    return 0
  end
end
local task = openTask(base, id)
local indexes = { 'all' }
if task then
  for _, index in ipairs(splitLines(task.head.indexes)) do
    indexes[#indexes + 1] = index
  end
  indexes[#indexes + 1] = 'status:' .. task.head.status
  indexes[#indexes + 1] = 'stop_reason:' .. task.head.stop_reason
end
for _, index in ipairs(indexes) do
  redis.call('ZREM', key(base, 'index', index), id)
end
for _, delivery in ipairs(deliveries) do
  redis.call('DEL', key(base, 'delivery', delivery))
  redis.call('ZREM', key(base, 'deliveriesDue'), delivery)
  redis.call('ZREM', key(base, 'index', 'deliveries'), delivery)
end
redis.call('DEL', unpack(left))
redis.call('ZREM', list, id)
return 1
