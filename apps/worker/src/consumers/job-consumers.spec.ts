import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createLogger, loadSettings } from '#platform';
import { IndexManifestProcessor } from '../index-manifest/index-manifest.processor.js';
import { openResources } from '../resources.js';
import { WorkerModule } from '../worker.module.js';
import { checkProcessors } from './check-processors.js';
import { JobConsumers } from './job-consumers.js';

describe('checkProcessors', () => {
  it.each<[string, string[], string[], string]>([
    ['a job without a processor', ['a', 'b'], ['a'], '"b" has no processor'],
    ['a job with two', ['a'], ['a', 'a'], '"a" has several processors'],
    ['a processor without a job', [], ['a'], 'the processor of "a" has no job'],
  ])('names %s', (_what, jobs, processed, message) => {
    expect(() => checkProcessors(jobs, processed)).toThrow(`jobs and processors do not match: ${message}`);
  });

  it('is content where each job has its processor', () => {
    expect(() => checkProcessors(['a', 'b'], ['b', 'a'])).not.toThrow();
  });
});

describe('a worker that lacks a processor', () => {
  it('refuses to start', async () => {
    const settings = loadSettings({ DATABASE_URL: 'postgres://127.0.0.1:1/none', STORAGE_ROOT: '/nowhere' });
    const logger = createLogger({ process: 'worker', level: 'silent' });
    const resources = await openResources(settings, logger);
    const start = async (change: (module: DynamicModule) => DynamicModule) => {
      const module = change(WorkerModule.with(settings, logger, resources));
      const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
      app.get(JobConsumers).start();
    };
    const withoutIndexing = (module: DynamicModule) => ({
      ...module,
      providers: module.providers?.filter((provider) => provider !== IndexManifestProcessor),
    });
    await expect(start(withoutIndexing)).rejects.toThrow('jobs and processors do not match: "index-manifest" has no processor');
    await resources.close();
  });
});
