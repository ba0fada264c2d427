/**
 * The rooms of src/ and the one way in which they may import each other (docs/architecture.md). A room that is
 * not named in ROOMS is an error, so that a new one gets its rule before it gets its second file.
 */

/**
 * What each room may import besides itself. `config` and `telemetry` take names and types of core; the policy
 * records it reads are such names.
 */
const ROOMS = {
  core: [],
  net: ['core'],
  upstream: ['core', 'net'],
  http: ['core', 'net', 'upstream'],
  steps: ['core', 'net', 'http'],
  http1: ['core', 'net', 'upstream', 'http'],
  tcp: ['core', 'net', 'upstream'],
  udp: ['core', 'net', 'upstream', 'tcp'],
  telemetry: ['core'],
  checks: ['core', 'net', 'machine'],
  discovery: ['core', 'net'],
  config: ['core', 'machine'],
  certificates: ['core', 'machine'],
  lists: ['core', 'machine'],
  runtime: [
    'core',
    'net',
    'upstream',
    'http',
    'http1',
    'steps',
    'tcp',
    'udp',
    'telemetry',
    'checks',
    'certificates',
    'lists',
    'discovery',
    'config',
    'machine',
  ],
  testing: ['core', 'net', 'http', 'steps', 'checks', 'config', 'runtime'],
  admin: ['core', 'checks', 'config', 'runtime'],
  machine: [],
  init: ['config', 'machine'],
  backend: ['core', 'net', 'machine'],
  cli: ['admin', 'backend', 'init', 'runtime', 'certificates', 'config', 'machine', 'core'],
};

const names = Object.keys(ROOMS);

const arrows = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `${room}-imports-${allowed.length === 0 ? 'nothing' : allowed.join('-')}`,
  comment: `src/${room}/ may import ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^(src|demo|test|bench|scripts|bin)/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...arrows,
    {
      name: 'room-without-rule',
      comment: 'Add the new room to ROOMS in .dependency-cruiser.js and to docs/architecture.md.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${names.join('|')})/` },
      to: {},
    },
    {
      name: 'core-without-io',
      comment: 'core decides: no node:* and no package. Time and chance reach it through Clock and Random.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'unknown', 'undetermined'] },
    },
    {
      name: 'http-types-only-for-codecs-and-steps',
      comment: 'A codec and a step implement the interfaces of http/; neither reaches into the exchange.',
      severity: 'error',
      from: { path: '^src/(http1|steps)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/http/exchange/' },
    },
    {
      name: 'core-types-only-for-telemetry',
      comment: 'telemetry consumes events; it takes types of core, and of what runs only the memory that it counts in.',
      severity: 'error',
      from: { path: '^src/telemetry/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^src/core/',
        pathNot: '^src/core/(kept-memory|shared/memory-table)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'control-plane-alone',
      comment:
        'runtime/control/ runs in the main thread: what a data plane does reaches it in messages and shared memory.',
      severity: 'error',
      from: { path: '^src/runtime/control/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/runtime/', pathNot: '^src/runtime/(control|shared)/' },
    },
    {
      name: 'data-plane-alone',
      comment:
        'runtime/worker/ runs in the thread of a data plane: it is told of config in messages and shared memory.',
      severity: 'error',
      from: { path: '^src/runtime/worker/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(runtime/|checks/|certificates/|config/)', pathNot: '^src/runtime/(worker|shared)/' },
    },
    {
      name: 'runtime-shared-by-both-threads',
      comment: 'runtime/shared/ runs on either side: messages, and what both sides do the same way.',
      severity: 'error',
      from: { path: '^src/runtime/shared/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(runtime/|checks/|certificates/|config/)', pathNot: '^src/runtime/shared/' },
    },
    {
      name: 'data-plane-through-the-balancer',
      comment: 'Only the composition in runtime/ itself joins the two sides, and the one for tests.',
      severity: 'error',
      from: { path: '^src/', pathNot: '(^src/runtime/worker/|^src/runtime/[^/]+\\.ts$|^src/testing/|\\.test\\.ts$)' },
      to: { path: '^src/runtime/worker/' },
    },
    {
      name: 'data-path-without-node-http',
      comment: 'node:http appears nowhere on the data path; checks, discovery and the mock server may use it.',
      severity: 'error',
      from: { path: '^src/(core|net|upstream|http|http1|tcp|udp|runtime)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(node:)?https?2?$', dependencyTypes: ['core'] },
    },
    {
      name: 'init-only-when-asked-for',
      comment: 'A balancer never loads it: one command does, whose own module is loaded when it is called.',
      severity: 'error',
      from: { path: '^(src|bin)/', pathNot: ['^src/init/', '^src/cli/init-command\\.ts$', '\\.test\\.ts$'] },
      to: { path: '^src/init/' },
    },
    {
      name: 'admin-only-when-asked-for',
      comment: 'A balancer never loads it: `fairlead run` opens its door, and the commands ask there.',
      severity: 'error',
      from: {
        path: '^(src|bin)/',
        pathNot: ['^src/admin/', '^src/cli/(admin-door\\.ts|serve\\.ts|operator/)', '\\.test\\.ts$'],
      },
      to: { path: '^src/admin/' },
    },
    {
      name: 'no-circle',
      comment: 'Types may point at each other; code that runs may not.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-circle-in-cli',
      comment: 'Not even of types: src/cli/actions.ts is what commands and the program have in common.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { circular: true },
    },
    {
      name: 'no-test-in-product',
      comment: 'What is published imports no demo, no test, no bench and no script.',
      severity: 'error',
      from: { path: '^(src|bin)/', pathNot: '\\.test\\.ts$' },
      to: { path: '(\\.test\\.ts$|^(demo|test|bench|scripts)/)' },
    },
    {
      name: 'no-dev-dependency-in-product',
      comment: 'What is published runs without devDependencies.',
      severity: 'error',
      from: { path: '^(src|bin)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    moduleSystems: ['es6'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
      extensions: ['.ts', '.js', '.d.ts'],
    },
  },
};
