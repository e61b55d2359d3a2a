export { parseManifest, type ManifestReference, type ParsedManifest } from './parse-manifest.js';
export { referrerDescriptor } from './referrer-descriptor.js';
