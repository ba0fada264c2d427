/** What other programs call what a route changes of its requests and answers, and what to write here. */
export const REWRITING: Readonly<Record<string, string>> = {
  'rewrite rewrites pathrewrite replacepath replacepathregex urlrewrite setpath':
    "Write path, e.g. path: '/app{path}'.",
  'requestheader requestheaders setheader setheaders addheader addheaders headerup proxysetheader customrequestheaders':
    "Write request, e.g. request: { set: { X-Client: '{client.ip}' } }.",
  'responseheader responseheaders headerdown customresponseheaders hideheaders proxyhideheader':
    'Write response, e.g. response: { remove: Server }.',
  'hsts securityheaders': 'Write response, e.g. response: { security: on }.',
  'header headers': "Write request or response, e.g. request: { set: { X-Client: '{client.ip}' } }.",
  'trimprefix pathprefixstrip uristripprefix strippath': 'Write stripPrefix, e.g. stripPrefix: /v1.',
  'redirects redirectto httpsredirect redirectscheme redirectregex forcehttps return':
    'Write redirect, e.g. redirect: https.',
  'websocket websockets ws': 'WebSockets pass as it is; "upgrades" lists others.',
};
