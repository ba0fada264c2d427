/**
 * `node scripts/test-tools.ts NAME…` installs what tests drive beside Node: tmux for terminals, the shells that complete
 * `fairlead`, the servers it is compared with. Once, before any test runs: two installations at a time would lock each
 * other out. What stays missing costs the tests that need it.
 */
import { installMissing } from '../bench/commands.ts';

for (const problem of installMissing(process.argv.slice(2), (line) => console.log(line))) console.log(problem);
