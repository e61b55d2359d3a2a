const base = {
  // Not in the temporary folder, which is looked through for what a run leaves behind.
  cacheDirectory: '<rootDir>/.cache/jest',
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/data/'],
};

/** Four suites: units beside the code, the protocol over HTTP, real clients, faults. Each can be run alone with --selectProjects. */
export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/support/unit-setup.mjs',
      globalTeardown: '<rootDir>/test/support/unit-teardown.mjs',
    },
    {
      ...base,
      displayName: 'conformance',
      testMatch: ['<rootDir>/test/conformance/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/support/registry-setup.mjs',
      globalTeardown: '<rootDir>/test/support/registry-teardown.mjs',
      setupFilesAfterEnv: ['<rootDir>/test/support/patience.mjs'],
    },
    {
      ...base,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/*.spec.ts'],
      globalSetup: '<rootDir>/test/e2e/fixture/setup.mjs',
      globalTeardown: '<rootDir>/test/e2e/fixture/teardown.mjs',
      setupFilesAfterEnv: ['<rootDir>/test/e2e/fixture/patience.mjs'],
    },
    {
      ...base,
      displayName: 'faults',
      testMatch: ['<rootDir>/test/e2e/faults/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/e2e/fixture/patience.mjs'],
    },
  ],
};
