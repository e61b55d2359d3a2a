import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadSettings, SettingsError } from './settings.js';
import { settingsTable } from './settings-schema.js';

describe('loadSettings', () => {
  it('needs no variable at all', () => {
    const settings = loadSettings({});
    expect(settings.listen).toEqual({ host: '127.0.0.1', port: 5000 });
    expect(settings.dataDir).toBe(resolve('data'));
    expect(settings.storage).toEqual({ driver: 'filesystem', root: resolve('data/storage') });
    expect(settings.database).toEqual({ url: undefined, directUrl: undefined, poolSize: 10, pooler: 'none' });
    expect(settings.uploads.minFreeBytes).toBe(1_073_741_824);
  });

  it('counts an empty variable as absent', () => {
    expect(loadSettings({ PORT: '', DATABASE_URL: '', STORAGE_DRIVER: '' })).toEqual(loadSettings({}));
  });

  it('keeps blobs under DATA_DIR unless STORAGE_ROOT says otherwise', () => {
    expect(loadSettings({ DATA_DIR: '/srv/registry' }).storage).toEqual({ driver: 'filesystem', root: '/srv/registry/storage' });
    expect(loadSettings({ STORAGE_ROOT: '/mnt/blobs' }).storage).toEqual({ driver: 'filesystem', root: '/mnt/blobs' });
  });

  it('has rows of uploads written behind where one api process has a database of its own, or as it is told', () => {
    const writeBehind = (env: NodeJS.ProcessEnv) => loadSettings(env).uploads.writeBehindMs;
    const given = { DATABASE_URL: 'postgres://x@127.0.0.1/x' };
    expect([{}, { API_PROCESSES: '2' }, given].map(writeBehind)).toEqual([50, 0, 0]);
    expect([{ UPLOAD_WRITE_BEHIND_MS: '0' }, { ...given, UPLOAD_WRITE_BEHIND_MS: '7' }].map(writeBehind)).toEqual([0, 7]);
    // A sweep would look at bytes that have no row yet.
    expect(writeBehind({ UPLOAD_EXPIRY_SECONDS: '60', SWEEP_MIN_AGE_SECONDS: '119' })).toBe(0);
  });

  it('reads S3 settings when S3 is chosen', () => {
    const env = { STORAGE_DRIVER: 's3', S3_BUCKET: 'images', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' };
    expect(loadSettings(env).storage).toEqual({
      driver: 's3',
      bucket: 'images',
      endpoint: undefined,
      region: 'us-east-1',
      prefix: '',
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
      equalParts: false,
      redirect: false,
    });
    const more = { S3_FORCE_PATH_STYLE: 'false', S3_EQUAL_PARTS: 'true', S3_SSE: 'aws:kms', S3_SSE_KMS_KEY_ID: 'k', S3_REDIRECT: 'true' };
    expect(loadSettings({ ...env, ...more, AWS_SESSION_TOKEN: 'token' }).storage).toMatchObject({
      credentials: { sessionToken: 'token' },
      forcePathStyle: false,
      equalParts: true,
      encryption: { kind: 'aws:kms', keyId: 'k' },
      redirect: true,
    });
    expect(loadSettings({ ...env, S3_SSE: 'AES256' }).storage).toMatchObject({ encryption: { kind: 'AES256' } });
    expect(loadSettings({ STORAGE_DRIVER: 's3', S3_BUCKET: 'images' }).storage).toMatchObject({ credentials: undefined });
  });

  it.each([
    [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535, not "http"'],
    [{ PORT: '65536' }, 'PORT must be a whole number from 0 to 65535, not "65536"'],
    [{ API_PROCESSES: '-1' }, 'API_PROCESSES must be auto or a whole number from 1 to 256, not "-1"'],
    ...[{ API_PROCESSES: '2' }, { UPLOAD_EXPIRY_SECONDS: '60', SWEEP_MIN_AGE_SECONDS: '119' }].map((env): [NodeJS.ProcessEnv, string] => [
      { ...env, UPLOAD_WRITE_BEHIND_MS: '50' },
      'UPLOAD_WRITE_BEHIND_MS must be 0 or auto unless API_PROCESSES is 1 and SWEEP_MIN_AGE_SECONDS at least 120, not "50"',
    ]),
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"'],
    [{ DATABASE_POOLER: 'session' }, 'DATABASE_POOLER must be none or transaction, not "session"'],
    [{ DATABASE_POOLER: 'transaction' }, 'REDIS_URL or DATABASE_DIRECT_URL is required with DATABASE_POOLER=transaction'],
    [{ STORAGE_DRIVER: 'tape' }, 'STORAGE_DRIVER must be filesystem or s3, not "tape"'],
    [{ STORAGE_DRIVER: 's3' }, 'S3_BUCKET is required with STORAGE_DRIVER=s3'],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'b', AWS_ACCESS_KEY_ID: 'id' }, 'AWS_SECRET_ACCESS_KEY is required beside AWS_ACCESS_KEY_ID'],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'b', AWS_SECRET_ACCESS_KEY: 'k' }, 'AWS_ACCESS_KEY_ID is required beside AWS_SECRET_ACCESS_KEY'],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'b', S3_EQUAL_PARTS: 'yes' }, 'S3_EQUAL_PARTS must be true or false, not "yes"'],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'b', S3_SSE: 'rot13' }, 'S3_SSE must be AES256 or aws:kms, not "rot13"'],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'b', S3_SSE_KMS_KEY_ID: 'k' }, 'S3_SSE_KMS_KEY_ID is of use with S3_SSE=aws:kms only, not "k"'],
    [
      { STORAGE_DRIVER: 's3', S3_BUCKET: 'b', S3_REDIRECT: 'true', BLOB_LINGER_SECONDS: '59' },
      'BLOB_LINGER_SECONDS must be at least 60 with S3_REDIRECT=true, not "59"',
    ],
    [
      { STORAGE_DRIVER: 's3', S3_BUCKET: 'b', UPLOAD_BUFFER_MIB: '8' },
      'UPLOAD_BUFFER_MIB must be at least 16 with STORAGE_DRIVER=s3, not "8"',
    ],
    [{ REDIS_URL: 'http://user:hunter2@host' }, 'REDIS_URL must be a URL that begins with redis:// or rediss://'],
    [{ DATABASE_URL: 'hunter2' }, 'DATABASE_URL must be a URL that begins with postgres:// or postgresql://'],
  ])('refuses %j in one line that names the variable and no secret', (env, message) => {
    expect(() => loadSettings(env)).toThrow(new SettingsError(message));
  });
});

it('is documented row by row in the README', async () => {
  const readme = await readFile(resolve('README.md'), 'utf8');
  const [, section = ''] = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(readme) ?? [];
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const cell = (text: string) => (text === '' ? '' : `\`${text}\``);
  expect(rows).toEqual(settingsTable.map((row) => `| \`${row.name}\` | ${cell(row.default)} | ${row.description} |`));
});
