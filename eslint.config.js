/** Typed lint of everything that TypeScript reads, and plain lint of the JavaScript that Node 20 has to read. */
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NODE_GLOBALS = Object.fromEntries(
  ['process', 'console', 'URL', 'setTimeout', 'clearTimeout', 'Buffer', 'fetch'].map((name) => [name, 'readonly']),
);

/** Rules of the house (CONTRIBUTING.md), for both languages. */
const HOUSE_SYNTAX = [
  { selector: 'TSEnumDeclaration', message: 'No enums: a frozen record or a union of literals.' },
  { selector: 'TSParameterProperty', message: 'Node strips types and cannot make fields: write the field.' },
  {
    selector: 'PropertyDefinition[accessibility="private"], MethodDefinition[accessibility="private"]',
    message: 'Private state is #private.',
  },
];
const NO_DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'No default exports.' };

/** Sizes, comments and blank lines not counted. */
const COUNTED = { skipBlankLines: true, skipComments: true };
const LIMITS = {
  'max-params': ['error', 5],
  'max-lines-per-function': ['error', { max: 60, ...COUNTED }],
  'max-lines': ['error', { max: 300, ...COUNTED }],
};

/** Files that may pass one of the limits, each with its reason. Who finds another way takes the line out. */
const LARGER_FILES = {
  // One connection's state, private, and every event that changes it: a part of it would have to be let in.
  'max-lines': [
    'src/http1/client-session.ts',
    'src/http1/server-session.ts',
    'src/net/node/connection.ts',
    // Written by a program, from the schema.
    'src/config/config-input.ts',
    // Every column of a pool's table and whatever changes it, since a change and its ledger go together.
    'src/core/shared/pool-table.ts',
    // Written by `npm run docs`, a type for each map of the config.
    'src/config/config-input.ts',
    // The tables of what is allowed and refused: one place to look a case up.
    'src/core/shared/pool-table.test.ts',
    'src/http1/request-parser.test.ts',
    'test/conformance/exchange-table.test.ts',
    'test/fuzz/generate.ts',
    'test/integration/checks.test.ts',
    'test/integration/exchange.test.ts',
  ],
  // Made once for each request: an object for its fields would be made in vain.
  'max-params': ['src/http/outgoing.ts', 'test/fuzz/fuzz.ts', 'test/fuzz/sessions/in-memory-connection.ts'],
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'bench/results/', 'test/fixtures/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.ts', '**/*.js'], rules: LIMITS },
  {
    // A suite is a function that holds its tests.
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  ...Object.entries(LARGER_FILES).map(([limit, files]) => ({ files, rules: { [limit]: 'off' } })),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': ['error', ...HOUSE_SYNTAX, NO_DEFAULT_EXPORT],
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers in text are what most of our texts are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `() => this.#close()` as a callback of type `() => void` is how callbacks are written here.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Indexed access is not checked by the compiler (noUncheckedIndexedAccess costs the hot path its clarity),
      // so a guard against undefined looks unnecessary to this rule where it is not.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // `env['HOME']` and `counts['web']`: a key that no interface declares looks like one.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // The hot path counts in for loops: for...of over a Buffer or a typed array is slower.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      // `test()` and `describe()` return promises that nobody has to wait for.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' },
          ],
        },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: NODE_GLOBALS },
    rules: {
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    // These have their default export from the tools that read them.
    files: ['examples/*.ts', '*.config.js', '.dependency-cruiser.js', 'scripts/test-totals-reporter.js'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
