/** ESM throughout: needs `node --experimental-vm-modules`, which `npm test` gives. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  setupFiles: ['<rootDir>/tests/testkit/require-esm.js'],
  globalSetup: '<rootDir>/tests/testkit/global-setup.js',
  globalTeardown: '<rootDir>/tests/testkit/global-teardown.js',
  // Two cores, and the servers want some of them too.
  maxWorkers: 2,
  // One that has run fifty files holds 1.4 GB of their modules, and each collection of it holds up what a test waits for.
  workerIdleMemoryLimit: '800MB',
  // Real servers and processes; what hangs is found by its own limits first, on a busy machine too.
  testTimeout: 90_000,
};
