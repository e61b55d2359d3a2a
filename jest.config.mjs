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

/** Seven suites: units beside the code, the protocol over HTTP (against one process, against replicas), real clients, faults, clusters in short and at length. Each can be run alone with --selectProjects. */
export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/support/unit-setup.mjs',
      globalTeardown: '<rootDir>/test/support/unit-teardown.mjs',
      setupFilesAfterEnv: ['<rootDir>/test/support/patience.mjs'],
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
      displayName: 'replicas',
      testMatch: ['<rootDir>/test/conformance/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/support/replicas-setup.mjs',
      globalTeardown: '<rootDir>/test/support/replicas-teardown.mjs',
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
    {
      ...base,
      displayName: 'cluster',
      testMatch: ['<rootDir>/test/e2e/cluster/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/e2e/fixture/patience.mjs'],
    },
    {
      ...base,
      displayName: 'cluster-long',
      testMatch: ['<rootDir>/test/e2e/cluster/long/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/e2e/fixture/patience.mjs'],
    },
  ],
};
