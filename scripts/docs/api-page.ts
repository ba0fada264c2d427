/** docs/api.md, as TypeDoc writes it from the doc comments of what src/index.ts exports. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { PACKAGE_ROOT } from './pages.ts';

const PATH = 'docs/api.md';
const TYPEDOC = join(PACKAGE_ROOT, 'node_modules', 'typedoc', 'bin', 'typedoc');

const INTRODUCTION = `# API

Everything that \`import … from 'fairlead'\` gives, written from its doc comments by \`npm run docs\`. How the parts play
together is told in [Fairlead as a library](library.md). \`fairlead/backend\` is the [mock server](backend.md), \`fairlead/testing\` is for [tests](testing.md).

`;

interface ApiPage {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  /** What TypeDoc complains about: an export without a doc comment, a type that is not exported, a dead link. */
  readonly complaints: readonly string[];
}

/** The page as it should be. Takes some seconds. */
export async function writeApiPage(): Promise<ApiPage> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-api-'));
  try {
    const complaints = await runTypeDoc(folder);
    const page = await readFile(join(folder, 'README.md'), 'utf8');
    return { path: PATH, text: await formatPage(page), complaints };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * As a program of its own, with a folder of its own as working directory: TypeDoc empties the folder it writes to, and
 * where it misses the option that names it, that is `docs/` of the working directory.
 */
async function runTypeDoc(folder: string): Promise<readonly string[]> {
  const options = ['--options', join(PACKAGE_ROOT, 'typedoc.json'), '--out', folder];
  // The compiler's own check of the sources is `npm run check:types`.
  const args = [TYPEDOC, ...options, '--skipErrorChecking', '--logLevel', 'Warn'];
  const env = { ...process.env, NO_COLOR: '1' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  return `${stdout}${stderr}`.split('\n').filter((line) => /^\[(warning|error)\]/.test(line));
}

async function formatPage(page: string): Promise<string> {
  const filepath = join(PACKAGE_ROOT, PATH);
  // TypeDoc numbers anchors of headings that stand there once; without a number they lead to the first of a name.
  const body = page.slice(page.indexOf('## ')).replaceAll(/\(#([\w-]+)-\d+\)/g, '(#$1)');
  return format(INTRODUCTION + body, { ...(await resolveConfig(filepath)), filepath });
}
