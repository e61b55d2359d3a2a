import { digestBytes } from '../support/content.js';
import type { HttpResponse } from '../support/http-response.js';
import { targetOf } from '../support/registry.js';
import { http, isEntrepot } from './registry-under-test.js';

/** The status must be right; a JSON error body must carry the code (the spec lets a 4xx have any body, Entrepot always has this one). */
export function expectError(response: HttpResponse, status: number | readonly number[], code: string): void {
  const seen = `${response.status} ${response.text().slice(0, 300)}`;
  expect({ seen, right: [status].flat().includes(response.status) }).toEqual({ seen, right: true });
  if (isEntrepot) expect(response.codes()).toContain(code);
}

/** Answers the response, after checking its status; a failure shows the body. */
export function expectStatus(response: HttpResponse, status: number): HttpResponse {
  expect(`${response.status} ${response.status === status ? '' : response.text().slice(0, 500)}`).toBe(`${status} `);
  return response;
}

/** A 201 of a blob push: where it says the blob is, the very bytes are. */
export async function expectPushedBlob(response: HttpResponse, bytes: Buffer, algorithm: 'sha256' | 'sha512' = 'sha256'): Promise<void> {
  expectStatus(response, 201);
  const digest = digestBytes(bytes, algorithm);
  if (isEntrepot) expect(response.header('Docker-Content-Digest')).toBe(digest);
  const target = targetOf(response);
  if (isEntrepot) expect(target.endsWith(`/blobs/${digest}`)).toBe(true);
  const pulled = expectStatus(await http.get(target), 200);
  expect(pulled.body.equals(bytes)).toBe(true);
  expect(pulled.header('Docker-Content-Digest') ?? digest).toBe(digest);
}
