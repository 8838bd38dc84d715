import js from '@eslint/js'
import nx from '@nx/eslint-plugin'
import { defineConfig, globalIgnores } from 'eslint/config'
import jsonParser from 'jsonc-eslint-parser'
import tseslint from 'typescript-eslint'

const testCalls = {
  from: 'package',
  package: 'node:test',
  name: ['after', 'before', 'describe', 'it', 'suite', 'test'],
}
const testFiles = ['{projectRoot}/**/*.test.ts', '{projectRoot}/**/*.testkit.ts']

/** Who may import whom; the contract suites of `testing` are for tests alone. */
const boundaries = (inTests) => [
  'error',
  {
    banTransitiveDependencies: true,
    depConstraints: [
      { sourceTag: 'type:core', onlyDependOnLibsWithTags: [] },
      { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:core'] },
      {
        sourceTag: 'type:state',
        onlyDependOnLibsWithTags: inTests ? ['type:core', 'type:testing'] : ['type:core'],
      },
      {
        sourceTag: 'type:sink',
        onlyDependOnLibsWithTags: inTests
          ? ['type:core', 'type:testing', 'type:tools']
          : ['type:core'],
      },
      {
        sourceTag: 'type:serde',
        onlyDependOnLibsWithTags: inTests
          ? ['type:core', 'type:testing', 'type:tools']
          : ['type:core'],
      },
      { sourceTag: 'type:cli', onlyDependOnLibsWithTags: ['type:core'] },
      { sourceTag: 'type:tools', onlyDependOnLibsWithTags: [] },
      { sourceTag: 'type:trial', onlyDependOnLibsWithTags: ['type:core'] },
      {
        sourceTag: 'type:app',
        onlyDependOnLibsWithTags: [
          'type:core',
          'type:state',
          'type:sink',
          'type:serde',
          'type:cli',
          'type:testing',
          'type:tools',
          'type:trial',
        ],
      },
      { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['*'] },
      { sourceTag: 'type:bench', onlyDependOnLibsWithTags: ['*'] },
    ],
  },
]

export default defineConfig([
  globalIgnores(['**/dist/', '**/out-tsc/', '.nx/']),
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      complexity: ['error', 12],
      'max-params': ['error', 4],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [testCalls] }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@nx/enforce-module-boundaries': boundaries(false),
    },
  },
  {
    files: ['**/*.test.ts', '**/*.testkit.ts'],
    rules: {
      '@nx/enforce-module-boundaries': boundaries(true),
      'max-lines-per-function': ['error', { max: 120, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['packages/*/package.json'],
    plugins: { '@nx': nx },
    languageOptions: { parser: jsonParser },
    rules: {
      '@nx/dependency-checks': [
        'error',
        { ignoredFiles: testFiles, ignoredDependencies: ['@confluentinc/schemaregistry'] },
      ],
    },
  },
])
