import { jest } from '@jest/globals';

// What takes milliseconds alone takes seconds on a machine that is busy with other suites.
jest.setTimeout(60_000);
