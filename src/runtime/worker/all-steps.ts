/** Every step there is, for a data plane that cannot wait until one is loaded. */
import type { CreateStep } from '../../http/steps/route-steps.ts';
import { createMaxBody } from '../../steps/max-body.ts';
import { createRedirect } from '../../steps/redirect.ts';
import type { StepName } from './step-parts.ts';

export const ALL_STEPS: Readonly<Record<StepName, CreateStep>> = {
  maxBody: createMaxBody,
  redirect: createRedirect,
};
