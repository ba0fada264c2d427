/** Users' own steps of a route, as the config says them. */
import type { RouteConfig } from '../config/config.ts';
import type { Written } from './written-map.ts';
import { formatDuration, formatSize } from './written-units.ts';

/** The route as it is written, with its own steps where it has any. */
export function withMiddleware({ middleware }: Pick<RouteConfig, 'middleware'>, written: Written): Written {
  if (middleware === undefined) return written;
  const steps = middleware.map(({ module, options, onError, budgetMs, maxTimeMs, maxBodyBytes }) => ({
    module,
    options,
    onError,
    budget: formatDuration(budgetMs),
    maxTime: formatDuration(maxTimeMs),
    maxBody: formatSize(maxBodyBytes),
  }));
  return { ...written, middleware: steps };
}
