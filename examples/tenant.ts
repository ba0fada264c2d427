/** Tenant routing: who is asked for by the host, and under which path of the endpoint it is served. */
import { defineMiddleware, respond } from 'fairlead';

interface TenantOptions {
  /** Hosts, and the tenants that they belong to. */
  readonly tenants: Readonly<Record<string, string>>;
}

export default defineMiddleware<TenantOptions>(({ tenants }) => {
  const known = new Map(Object.entries(tenants ?? {}));
  if (known.size === 0) throw new Error('write tenants, e.g. { tenants: { shop.example: shop } }');
  return {
    name: 'tenant',
    onRequest(request) {
      const tenant = known.get(request.host);
      if (tenant === undefined) return respond(421, `nobody is served at ${request.host}\n`);
      request.headers.set('X-Tenant', tenant);
      request.target = `/${tenant}${request.target}`;
      request.state['tenant'] = tenant;
    },
    onResponse(response, request) {
      response.headers.set('X-Served-Tenant', String(request.state['tenant']));
    },
  };
});
