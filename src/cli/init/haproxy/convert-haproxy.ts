/** A config of HAProxy as a plan. */
import type { Ledger } from '../ledger.ts';
import type { Plan } from '../plan.ts';
import { UnreadableInput } from '../statement.ts';

export function convertHaproxy(_text: string, file: string, _plan: Plan, _ledger: Ledger): void {
  throw new UnreadableInput(file, 1, 'configs of HAProxy are not converted yet');
}
