-- forget: what a finished task left behind goes, at the end of its retention.
--
-- KEYS  1 the tenant's base
-- ARGV  task
-- Reply 1 forgotten | 0 not yet due, reopened meanwhile, or a webhook of it still pending

local id = take()
local dueAt = redis.call('ZSCORE', key(base, 'retention'), id)
if not dueAt or tonumber(dueAt) > nowMs then
  return 0
end
local deliveries = redis.call('LRANGE', key(base, 'taskDeliveries', id), 0, -1)
for _, delivery in ipairs(deliveries) do
  -- Never before the task's deliveries end.
  if redis.call('HGET', key(base, 'delivery', delivery), 'state') == 'pending' then
    redis.call('ZADD', key(base, 'retention'), whole(nowMs + tonumber(settings.sweepGraceMs)), id)
    for _, kind in ipairs({ 'head', 'journal', 'taskAccount', 'taskDeliveries' }) do
      redis.call('PEXPIRE', key(base, kind, id), whole(2 * tonumber(settings.sweepGraceMs)))
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
for _, kind in ipairs({ 'head', 'journal', 'holds', 'taskAccount', 'taskDeliveries' }) do
  redis.call('DEL', key(base, kind, id))
end
redis.call('ZREM', key(base, 'retention'), id)
return 1
