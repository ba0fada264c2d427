/** A minimal Debian in a folder, made by mmdebstrap, with a copy of this checkout and the Node that npm runs on here. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findCommand, installMissing } from '../../bench/commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** How this machine reaches its registry, where that is not the ordinary way. */
const NETWORK_FILES = ['/etc/resolv.conf', '/etc/hosts', '/etc/ssl/certs/ca-certificates.crt'];
const NODE = 'usr/local/bin/node';
const NPM = 'usr/local/lib/npm';
const CLONE = 'home/clone';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why there can be no such system here; null: there can. */
export function findObstacle(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs root on Linux, for mmdebstrap';
  const [problem = null] = installMissing(['mmdebstrap'], (line) => console.log(line));
  if (problem !== null) return problem;
  const node = findNodeOfNpm();
  if (node === null) return 'there is no npm beside a Node but the project’s own';
  const { stdout } = spawnSync('ldd', [node], { encoding: 'utf8' });
  return stdout.includes('libatomic') ? `${node}, which npm runs on, needs libatomic itself` : null;
}

/** The Node of this system: not one that was installed as a dependency. */
function findNodeOfNpm(): string | null {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const found = folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file));
  return found === undefined || findCommand('npm') === null ? null : realpathSync(found);
}

export class BareDebian implements AsyncDisposable {
  readonly #root: string;

  /** Not to be called: `create` is. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Takes a minute or two. */
  static async create(): Promise<BareDebian> {
    const debian = new BareDebian(await mkdtemp(join(tmpdir(), 'fairlead-debian-')));
    try {
      await debian.#build();
      return debian;
    } catch (error) {
      await debian[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a line of the shell in the clone, as root or somebody else. */
  async run(line: string, { uid = 0 } = {}): Promise<Ended> {
    const bind = (name: string): string => `mount --rbind /${name} ${this.#root}/${name}`;
    // Its own /proc: process ids are its own.
    const mounts = `${bind('sys')} && ${bind('dev')} && mount -t proc proc ${this.#root}/proc`;
    const user = `--userspec=${uid}:${uid}`;
    const inside = `cd /${CLONE} && ${line}`;
    const outside = `${mounts} && exec chroot ${user} ${this.#root} /usr/bin/env -i HOME=/home PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=${NETWORK_FILES[2]} sh -c '${inside.replaceAll("'", "'\\''")}'`;
    // The mounts and every process end with the namespaces.
    return runToEnd('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', outside]);
  }

  async #build(): Promise<void> {
    const made = await runToEnd('mmdebstrap', ['--variant=minbase', await codename(), this.#root]);
    if (made.code !== 0) throw new Error(`mmdebstrap ended with ${String(made.code)}: ${made.stderr.slice(-2000)}`);
    await this.#installNpm();
    for (const file of NETWORK_FILES.filter((each) => existsSync(each))) {
      await mkdir(join(this.#root, dirname(file)), { recursive: true });
      await cp(file, join(this.#root, file), { dereference: true });
    }
    const clone = join(this.#root, CLONE);
    await mkdir(clone);
    const copy = `git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- | tar -x -C ${clone}`;
    const copied = await runToEnd('sh', ['-c', `cd ${ROOT} && ${copy} && chown -R 65534:65534 ${this.#root}/home`]);
    if (copied.code !== 0) throw new Error(`the checkout could not be copied: ${copied.stderr}`);
  }

  async #installNpm(): Promise<void> {
    await cp(findNodeOfNpm() ?? '', join(this.#root, NODE));
    const npm = dirname(dirname(realpathSync(findCommand('npm') ?? '')));
    await cp(npm, join(this.#root, NPM), { recursive: true });
    for (const name of ['npm', 'npx']) {
      const script = `#!/bin/sh\nexec /${NODE} /${NPM}/bin/${name}-cli.js "$@"\n`;
      await writeFile(join(this.#root, `usr/local/bin/${name}`), script, { mode: 0o755 });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** Of this machine's Debian, so that its Node finds the C library that it was built for. */
async function codename(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8');
  return /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1] ?? 'stable';
}

async function runToEnd(command: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
