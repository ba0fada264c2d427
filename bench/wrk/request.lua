-- wrk -s request.lua URL -- FILE
-- Sends the requests in FILE, byte for byte, in turn (NUL between two), and prints one line of JSON at the end.
-- With a single request wrk builds it once and calls no Lua while it runs.

local function read(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read('*a')
  file:close()
  return text
end

function init(args)
  local requests = {}
  for text in read(args[1]):gmatch('%Z+') do
    requests[#requests + 1] = text
  end
  wrk.format = function() return requests[1] end
  if #requests > 1 then
    local next = 0
    request = function()
      next = next % #requests + 1
      return requests[next]
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'wrk-result {"requests":%d,"durationUs":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,' ..
      '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
