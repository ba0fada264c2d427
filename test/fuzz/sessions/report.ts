/** What a run over sessions comes to. */
export interface SessionReport {
  runs: number;
  /** Messages that passed whole and were compared. */
  messages: number;
  /** Runs in which Node refused something. */
  refusedByNode: number;
  /** Messages that Node accepts and we refused. */
  refusedByUs: number;
  /** Runs in which a connection was used again behind a drawn answer without a body. */
  reusedWithoutBody: number;
  /** The first disagreement, with everything needed to see it again. */
  disagreement: string | null;
}

export function newSessionReport(): SessionReport {
  return { runs: 0, messages: 0, refusedByNode: 0, refusedByUs: 0, reusedWithoutBody: 0, disagreement: null };
}

export function tell(what: string, seed: number, bytes: Buffer, cuts: readonly number[], facts: object): string {
  return [
    what,
    `seed ${seed}, cuts ${JSON.stringify(cuts)}`,
    JSON.stringify(bytes.latin1Slice()),
    ...Object.entries(facts).map(([name, fact]) => `${name}: ${JSON.stringify(fact)}`),
  ].join('\n');
}
