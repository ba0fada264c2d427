/** What stands in a route, wherever else it is written. `a b` are several words. */
export const OF_ROUTES: Readonly<Record<string, string>> = {
  'cors crossorigin alloworigin alloworigins allowedorigin allowedorigins accesscontrolalloworigin':
    'It stands in a route, e.g. routes: [{ pool: web, cors: { origins: [https://app.example] } }].',
  'allow deny allowlist denylist whitelist blacklist blocklist ipallowlist ipwhitelist ipdenylist acl acls ipfilter':
    'It stands in a route, e.g. routes: [{ pool: web, allow: [10.0.0.0/8] }].',
};
