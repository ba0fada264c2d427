/** Keys of other programs' checks, by ours. `a b` are several words. */
export const OF_CHECKS: Readonly<Record<string, string>> = {
  'path uri url endpoint httppath status expect expectedstatus method body host headers':
    'It stands in http, e.g. http: { path: /healthcheck, status: 200 }.',
  'tls ssl checkssl': 'Write https in place of http, e.g. https: { path: /healthcheck }.',
  'type protocol': 'Write the kind itself, e.g. http: { path: /healthcheck }.',
  'udp datagram dgram dns':
    'There is no check by datagrams. Write tcp, with a port where the server takes TCP at another one, e.g. tcp: { port: 8053 }.',
  port: 'It stands in http or tcp, e.g. tcp: { port: 9000 }.',
  'inter every frequency period': 'Write interval, e.g. interval: 5s.',
  fastinter: 'Write fastInterval, e.g. fastInterval: 1s.',
  downinter: 'Write downInterval, e.g. downInterval: 20s.',
  'rises passes healthythreshold successthreshold': 'Write rise, e.g. rise: 2.',
  'falls fails failures unhealthythreshold failurethreshold': 'Write fall, e.g. fall: 3.',
};
