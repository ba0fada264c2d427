/**
 * Each folder of test/fixtures/config/files is a config of one or more files: its `fairlead.*` gives exactly the
 * config, or exactly the message, in `expected.*` beside it. FAIRLEAD_WRITE_FIXTURES=1 writes them anew.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatConfigErrors } from './errors.ts';
import { loadConfig } from './load.ts';
import type { LoadedConfig } from './load.ts';
import { readModule } from './module-config.ts';
import { isDocument } from './source.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/config/files/', import.meta.url));
const ENV = {
  HOST: 'localhost',
  PORT: '8081',
  IDLE: '8',
  TOKEN: 'a"b: {c}',
  EMPTY: '',
  LIST: '[a:1, b:2]',
  MAP: '{ name: x }',
};

function write(path: string, text: string): string {
  writeFileSync(path, text);
  return path;
}

function messageOf(parsed: LoadedConfig): string {
  return 'errors' in parsed ? formatConfigErrors(parsed.errors) : 'no error';
}

describe('a file with a private key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-key-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pem = key.export({ type: 'pkcs8', format: 'pem' });
  const sec1 = key.export({ type: 'sec1', format: 'pem' });

  for (const [name, text] of Object.entries({
    'site.key': pem,
    'old.yaml': sec1,
    'site.json': pem,
    'bag.yaml': `Bag Attributes\n    localKeyID: 01\nKey Attributes: <No Attributes>\n${pem}`,
  })) {
    it(`a file with a private key is refused as a config without a word of the key: ${name}`, async () => {
      const file = write(join(folder, name), text);
      const around = write(join(folder, 'fairlead.yaml'), `include: ${file}\npools: { web: [localhost:8081] }`);
      for (const message of [messageOf(await loadConfig(file)), messageOf(await loadConfig(around))]) {
        assert.match(message, /has a private key in it|is no YAML or JSON/);
        for (const line of text.split('\n').filter((each) => !each.startsWith('-----') && each.length > 20))
          assert.ok(!message.includes(line.slice(0, 12)), message);
      }
    });
  }
});

describe('a config of files', () => {
  for (const name of readdirSync(FIXTURES)) {
    it(`a config of files ${name} gives exactly what is expected`, async () => {
      const folder = join(FIXTURES, name);
      const file = readdirSync(folder).find((each) => each.startsWith('fairlead.'));
      assert.ok(file !== undefined);
      const parsed = await loadConfig(join(folder, file), { env: ENV });
      const [kind, actual] =
        'config' in parsed
          ? ['json', `${JSON.stringify(parsed.config, null, 2)}\n`]
          : [
              'txt',
              `${messageOf(parsed)}\n`
                .replaceAll(`${folder}/`, '')
                .replace(/test\/fixtures\/config\/files\/[^/]+\//g, ''),
            ];
      const expected = join(folder, `expected.${kind}`);
      if (process.env['FAIRLEAD_WRITE_FIXTURES'] === '1') writeFileSync(expected, actual);
      assert.equal(actual, readFileSync(expected, 'utf8'));
      if ('errors' in parsed) assert.ok(parsed.errors.every(({ line, cure }) => line > 0 && cure !== ''));
    });
  }
});

describe('loadConfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-files-'));
  after(() => rmSync(folder, { recursive: true }));

  it('loadConfig names every file and folder that a change of the config would be in', async () => {
    const { files } = await loadConfig(join(FIXTURES, 'include', 'fairlead.yaml'), { env: ENV });
    const names = ['fairlead.yaml', 'pools.d', 'pools.d/10-api.yaml', 'pools.d/20-web.json', 'pools.d/30-empty.yaml'];
    const rest = ['routes.yaml', 'more/rest.yaml'];
    assert.deepEqual(
      files,
      [...names, ...rest].map((each) => join(FIXTURES, 'include', each)),
    );
  });

  it('loadConfig reads a file once that several others include, by whatever names and however often', async () => {
    const inside = mkdtempSync(join(folder, 'diamonds-'));
    const depth = 16;
    const names = Array.from({ length: depth }, (_none, index) => `${index}.yaml`);
    for (const [index, name] of names.entries()) {
      symlinkSync(name, join(inside, `link-${name}`));
      const next = index + 1 < depth ? `include: [${names[index + 1]}, link-${names[index + 1]}]` : '';
      write(
        join(inside, name),
        `${next}\npools: { p${index}: [localhost:8081] }\nroutes: [{ match: { path: /${index} }, pool: p${index} }]\n`,
      );
    }
    const parsed = await loadConfig(join(inside, '0.yaml'));
    assert.ok('config' in parsed, messageOf(parsed).slice(0, 300));
    assert.equal(parsed.config.pools.length, depth);
    assert.equal(parsed.files.length, 2 * depth - 1, 'each file by each of its names');
  });

  it('loadConfig calls a file that includes itself by another name a circle', async () => {
    const inside = mkdtempSync(join(folder, 'circle-'));
    symlinkSync('.', join(inside, 'again'));
    const file = write(join(inside, 'fairlead.yaml'), 'pools: { web: [localhost:1] }\ninclude: again/fairlead.yaml\n');
    assert.match(messageOf(await loadConfig(file)), /includes itself/);
  });

  it('loadConfig names the modules that a module imports, also when it threw', async () => {
    for (const [name, other] of [
      ['module', 'ports.ts'],
      ['module-throws', 'load.ts'],
    ]) {
      const { files } = await loadConfig(join(FIXTURES, name, 'fairlead.config.ts'), { env: ENV });
      assert.deepEqual(
        files,
        ['fairlead.config.ts', other].map((each) => join(FIXTURES, name, each)),
      );
    }
  });

  it('loadConfig sees fresh code at each load, of what it imports too', async () => {
    write(join(folder, 'port.ts'), 'export const port: number = 8081;\n');
    const file = write(
      join(folder, 'fresh.config.ts'),
      "import { port } from './port.ts';\nexport default { pools: { web: [`localhost:${port}`] } };\n",
    );
    const first = await loadConfig(file);
    write(join(folder, 'port.ts'), 'export const port: number = 8082;\n');
    utimesSync(join(folder, 'port.ts'), 0, 0);
    const second = await loadConfig(file);
    assert.ok('config' in first && 'config' in second, messageOf(second));
    assert.deepEqual([first.config.pools[0].endpoints[0].port, second.config.pools[0].endpoints[0].port], [8081, 8082]);
  });

  it('loadConfig takes a module for what it is written as in a package of CommonJS, which npm init makes', async () => {
    const inside = mkdtempSync(join(folder, 'commonjs-'));
    write(join(inside, 'package.json'), '{ "type": "commonjs" }');
    write(join(inside, 'port.ts'), '// A port.\nexport const port: number = 8081;\n');
    write(join(inside, 'old.js'), "// Not an\n// import\nmodule.exports = { host: 'localhost' };\n");
    const text = `import { port } from './port.ts';
      import old from './old.js';
      export default { pools: { web: [\`\${old.host}:\${port}\`] } };`;
    const old = "module.exports = { pools: { web: ['localhost:8081'] } };";
    for (const [name, written] of [
      ['new.config.ts', text],
      ['new.config.js', text],
      ['old.config.js', old],
      ['old.config.ts', old],
    ]) {
      const parsed = await loadConfig(write(join(inside, name), written));
      assert.ok('config' in parsed, `${name}: ${messageOf(parsed)}`);
      assert.deepEqual(parsed.config.pools[0].endpoints[0].port, 8081);
    }
  });

  it('loadConfig ends a module that loops, and says so', async () => {
    const file = write(join(folder, 'loops.config.ts'), '// a loop\nexport default (() => {\n  for (;;);\n})();\n');
    const { content } = await readModule(file, 300);
    assert.ok(!isDocument(content));
    assert.deepEqual([content[0].line, content[0].mistake.message], [2, 'the module was not done after 0.3 s']);
  });

  it('loadConfig colours its mistakes only when asked', async () => {
    const parsed = await loadConfig(join(FIXTURES, 'wide-characters', 'fairlead.yaml'));
    assert.ok('errors' in parsed);
    assert.ok(!formatConfigErrors(parsed.errors).includes('\u001b'));
    assert.ok(formatConfigErrors(parsed.errors, { color: true }).includes('\u001b[31m'));
  });
});
