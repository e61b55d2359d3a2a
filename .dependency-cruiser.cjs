// Who may import whom (docs/architecture.md draws the same picture). A lib is entered through its src/index.ts only.
const inside = (folder) => `^${folder}/`;
const libs = ['oci', 'platform', 'manifest', 'cas', 'jobs', 'metadata'];
const mayUse = { oci: [], platform: [], manifest: ['oci'], cas: ['oci'], jobs: ['oci'], metadata: ['oci', 'cas', 'platform'] };
const apps = ['api', 'worker', 'supervisor', 'cli'];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...libs.map((lib) => ({
      name: `${lib}-imports-downwards`,
      severity: 'error',
      from: { path: inside(`libs/${lib}`) },
      to: { path: '^(apps|libs|test|bench)/', pathNot: [lib, ...mayUse[lib]].map((l) => inside(`libs/${l}`)) },
    })),
    ...libs.map((lib) => ({
      name: `${lib}-through-its-index`,
      severity: 'error',
      from: { pathNot: inside(`libs/${lib}`) },
      to: { path: inside(`libs/${lib}/src`), pathNot: `^libs/${lib}/src/(index|testing/index)\\.ts$` },
    })),
    ...apps.map((app) => ({
      name: `${app}-never-imports-another-app`,
      severity: 'error',
      from: { path: inside(`apps/${app}`) },
      to: { path: '^(apps|test|bench)/', pathNot: inside(`apps/${app}`) },
    })),
    {
      name: 'vocabulary-has-no-dependencies',
      severity: 'error',
      from: { path: '^libs/(oci|manifest)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg'] },
    },
    {
      name: 'only-metadata-knows-postgres',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/metadata/', '^libs/platform/src/embedded/', '\\.spec\\.ts$'] },
      to: { path: 'node_modules/(pg|@prisma/|prisma)(/|$)' },
    },
    {
      name: 'tests-speak-http',
      severity: 'error',
      from: { path: '^(test|bench)/' },
      to: { path: '^(apps|libs)/', pathNot: '^libs/(oci|manifest)/src/index\\.ts$' },
    },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '/testing/'] },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|libs/metadata/src/generated)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
};
