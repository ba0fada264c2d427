/** What to do where a certificate could not be got: causes that people can do something about. */

const CURES: readonly (readonly [said: RegExp, cure: string])[] = [
  [/\((?:connection|dns)\)/, 'See that the name leads here, and that the authority gets through to port 80 or 443.'],
  [/\(unauthorized\)/, 'See what else answers under this name in place of Fairlead.'],
  [/\(rateLimited\)/, 'Wait, and try things out with directory: letsencrypt-staging.'],
  [/\(caa\)/, 'Name the authority in the CAA records of the name.'],
  [/ cannot be asked: /, 'See that this machine may connect to the authority.'],
  [/nothing can be kept in |stateDir cannot be written to/, 'Make stateDir writable, and see that the disk has room.'],
  [/look at the clock/, 'Set the clock of this machine.'],
];

/** A sentence; `''`: nobody knows. `message`: of an `AcmeError`. */
export function cureFor(message: string): string {
  return CURES.find(([said]) => said.test(message))?.[1] ?? '';
}
