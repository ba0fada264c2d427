/** Keys of other programs' circuit breakers, queues, retries and hedges, by ours. `a b` are several words. */

import { OF_LIMIT_MAPS } from './foreign-limit-keys.ts';
import type { LimitMap } from './foreign-limit-keys.ts';

/** The titles of their schemas. */
export type SmallMap = 'Breaker' | 'Queue' | 'Retry' | 'RouteRetry' | 'Hedge' | 'SlowClients' | 'Cors' | LimitMap;

const RETRY: Readonly<Record<string, string>> = {
  'retries tries count max maxretries maxattempts numretries limit':
    'Write attempts, the first one counted, e.g. attempts: 3.',
  'on conditions status statuses statuscodes codes httpcodes retryablestatuscodes retriablestatuscodes':
    'Write retryOn, e.g. retryOn: [connect, reset, 503].',
  'pertry pertrytimeout timeout': 'It stands in timeouts, e.g. timeouts: { perTry: 2s }.',
  'delay wait interval initialinterval initialdelay': 'Write backoff, e.g. backoff: 50ms.',
  'maxdelay maxinterval': 'Write maxBackoff, e.g. maxBackoff: 1s.',
  'buffer buffersize maxbody maxrequestbodybytes': 'Write replayBuffer, e.g. replayBuffer: 16KiB.',
};

export const OF_SMALL_MAPS: Readonly<Record<SmallMap, Readonly<Record<string, string>>>> = {
  ...OF_LIMIT_MAPS,
  Breaker: {
    'threshold failurethreshold failurerate failureratethreshold errorrate errorthreshold errorthresholdpercentage errors percent share ratio':
      'Write failures, e.g. failures: 30%.',
    'interval rollingwindow rollingcounttimeout slidingwindow slidingwindowsize checkperiod':
      'Write window, e.g. window: 30s.',
    'minrequests minimumrequests minimumnumberofcalls minimumthroughput requestvolumethreshold requestvolume volumethreshold volume':
      'Write requests, e.g. requests: 50.',
    'consecutive consecutivefailures consecutiveerrors consecutive5xx maxfails maxfailures':
      'Write inARow, e.g. inARow: 10.',
    'cooldown opentime openduration duration timeout resettimeout resetafter sleepwindow breakduration waitdurationinopenstate fallbackduration baseejectiontime':
      'Write time, e.g. time: 5s.',
    'maxcooldown maxopentime maxduration maxejectiontime': 'Write maxTime, e.g. maxTime: 2m.',
    'halfopen halfopenrequests halfopenmax permittednumberofcallsinhalfopenstate probecount trials':
      'Write probes, e.g. probes: 3.',
    'statuses status statuscodes codes':
      'The statuses of ejection count here as well, e.g. ejection: { statuses: [500, 503] }.',
  },
  Queue: {
    'size length depth limit capacity maxsize maxlength maxqueue maxwaiting maxpending maxpendingrequests':
      'Write max, e.g. max: 500.',
    'wait maxwait waittimeout timeoutqueue queuetimeout': 'Write timeout, e.g. timeout: 2s.',
    'codel delay targetdelay maxdelay': 'Write target, e.g. target: 200ms.',
  },
  Cors: {
    'origin alloworigin alloworigins allowedorigins accesscontrolalloworigin accesscontrolalloworiginlist':
      'Write origins, e.g. origins: [https://app.example].',
    'allowcredentials supportscredentials accesscontrolallowcredentials': 'Write credentials, e.g. credentials: on.',
    'method allowmethods allowedmethods accesscontrolallowmethods': 'Write methods, e.g. methods: [GET, PUT].',
    'header allowheaders allowedheaders accesscontrolallowheaders': 'Write headers, e.g. headers: [Content-Type].',
    'exposeheaders exposedheaders accesscontrolexposeheaders': 'Write expose, e.g. expose: [ETag].',
    'maxagesec accesscontrolmaxage': 'Write maxAge, e.g. maxAge: 10m.',
    'preflight preflightcontinue optionspassthrough optionssuccessstatus addvaryheader privatenetwork allowprivatenetwork':
      'Preflights are answered by Fairlead: take it out.',
  },
  SlowClients: {
    'rate minrate minimumrate minrequestbodydatarate body request requestrate':
      'Write bodyRate, e.g. bodyRate: 1KiB/s.',
    'minresponsedatarate response answer answerrate writerate': 'Write responseRate, e.g. responseRate: 1KiB/s.',
    'graceperiod timeout time after window': 'Write grace, e.g. grace: 10s.',
  },
  Retry: RETRY,
  RouteRetry: RETRY,
  Hedge: {
    'after wait time timeout hedgedelay initialdelay percentile quantile': 'Write delay, e.g. delay: p95.',
    'max count attempts maxattempts requests initialrequests':
      'There is one second attempt and never more: take it out.',
  },
};
