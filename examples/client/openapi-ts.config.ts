import { defineConfig } from '@hey-api/openapi-ts'

/** One class with a method for each command of your Barman; a method takes what the command takes, and gives what it answers. */
export default defineConfig({
  input: process.env.BARMANAPI_DOCUMENT ?? 'http://127.0.0.1:1935/openapi.json',
  output: { path: 'generated', module: { extension: '.ts' } },
  parser: { filters: { deprecated: false } },
  plugins: [
    { name: '@hey-api/client-fetch', throwOnError: true },
    {
      name: '@hey-api/sdk',
      operations: { strategy: 'single', containerName: 'Barman' },
      paramsStructure: 'flat',
      responseStyle: 'data'
    }
  ]
})
