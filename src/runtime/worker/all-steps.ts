/** Every step there is, for a data plane that cannot wait until one is loaded. */
import type { CreateStep } from '../../http/steps/route-steps.ts';
import { createAccess } from '../../steps/lists/access.ts';
import { createBans } from '../../steps/lists/bans.ts';
import { createCors, createUpgradeOrigins } from '../../steps/cors/cors.ts';
import { createMaxBody } from '../../steps/max-body.ts';
import { createConcurrency } from '../../steps/limits/concurrency.ts';
import { createRateLimits } from '../../steps/limits/rate-limits.ts';
import { createMiddleware } from '../../steps/middleware/create.ts';
import { createRedirect } from '../../steps/redirect.ts';
import { createRewriteRequest } from '../../steps/rewrite/request.ts';
import { createRewriteAnswer } from '../../steps/rewrite/response.ts';
import type { StepName } from './step-parts.ts';

export { BanTable } from '../../core/lists/ban-table.ts';
export { ThreadLists } from '../../steps/lists/thread-lists.ts';

export const ALL_STEPS: Readonly<Record<StepName, CreateStep>> = {
  bans: createBans,
  access: createAccess,
  rateLimit: createRateLimits,
  concurrency: createConcurrency,
  maxBody: createMaxBody,
  cors: createCors,
  corsUpgrades: createUpgradeOrigins,
  rewriteAnswer: createRewriteAnswer,
  middleware: createMiddleware,
  redirect: createRedirect,
  rewriteRequest: createRewriteRequest,
};
