/**
 * Installs what tests drive beside Node: tmux for terminals, the shells that complete `fairlead`. Once, before any test
 * runs: two installations at a time would lock each other out. What stays missing costs the tests that need it.
 */
import { installMissing } from '../bench/commands.ts';

const TOOLS = ['tmux', 'ps', 'zsh', 'fish'];

for (const problem of installMissing(TOOLS, (line) => console.log(line))) console.log(problem);
