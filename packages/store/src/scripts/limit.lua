-- limit: sets one limit of an account by hand, or takes it away, or neither, and tells how the account stands.
--
-- KEYS  1 the tenant's base
-- ARGV  account key, window ('' changes nothing), its terms (as in accounts.lua; '-' takes away the one set by hand)
-- Reply {limits set by hand (as in accounts.lua), held, spent in the hour, the day, the month, in all,
--        ends of hour, day, month in ms ('0': no hold has named it yet), legs…}   each leg as in admission.lua
--
-- Protects invariant 4: who waits for this account's money is woken by the script that changes the limit. An account
-- with a limit set by hand has no expiry, and is in the tenant's list of such. Reading alone writes nothing.

-- include: task, accounts, holds, unsettled, admission, transition, line

local account, window = openAccount(take()), take()
local legs = {}

turnWindows(account)
if window ~= '' then
  local terms = take()
  local set = { terms ~= '-' and window .. '=' .. terms or nil }
  for other, terms in string.gmatch(account.words.set, '(%a+)=([^;]+)') do
    if other ~= window then
      set[#set + 1] = other .. '=' .. terms
    end
  end
  local wasSet = account.words.set ~= '-'
  setLimits(account, #set > 0 and table.concat(set, ';') or '-', account.words.configured)
  if #set > 0 then
    redis.call('ZADD', key(base, 'limited'), '0', account.key)
  elseif wasSet then
    -- It may expire again, from now on.
    redis.call('ZREM', key(base, 'limited'), account.key)
    account.words.renew = true
  end
  wakeLine(account.key, legs)
  saveAccounts()
end

local words = account.words
local reply = { words.set, whole(account.held) }
for _, name in ipairs({ 'hour', 'day', 'month', 'total' }) do
  reply[#reply + 1] = whole(account.total - words[name])
end
for _, name in ipairs({ 'hour', 'day', 'month' }) do
  reply[#reply + 1] = whole(endOf(account, name))
end
for _, leg in ipairs(legs) do
  reply[#reply + 1] = leg
end
return reply
