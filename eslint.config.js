import neostandard from 'neostandard'

/** Who may import whom: what keeps the house legible. One row a room, the forbidden rooms beside it. */
const rooms = [
  ['schemas/**', ['**/lib/**', '**/plugins/**', '**/routes/**', 'fastify*', '@fastify/*', 'node:*', 'ini', 'node-ssh', 'pino']],
  ['lib/**', ['**/plugins/**', '**/routes/**', 'fastify*', '@fastify/*']],
  ['plugins/**', ['**/routes/**']],
  ['routes/**', ['**/plugins/**', '**/lib/!(errors.ts)', '**/lib/*/**', 'node:*', 'ini', 'node-ssh', 'pino']]
]

export default [
  ...neostandard({ ts: true, ignores: ['dist/**', 'node_modules/**', '.tap/**', 'coverage/**', 'examples/client/generated/**', 'examples/client/dist/**'] }),
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-redeclare': 'off', // a schema and its type share a name; the compiler finds true doubles
      'no-console': 'error'
    }
  },
  ...rooms.map(([files, group]) => ({
    files: [`${files}/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ group, allowTypeImports: true }] }] }
  })),
  {
    files: ['*.ts', 'lib/**/*.ts', 'plugins/**/*.ts', 'routes/**/*.ts', 'schemas/**/*.ts'],
    ignores: ['server.ts', 'cli.ts'],
    rules: { 'no-restricted-globals': ['error', 'process'] }
  }
]
