export * from './companion-tag.js';
export * from './descriptor.js';
export * from './digest.js';
export * from './errors.js';
export * from './media-type.js';
export * from './reference.js';
export * from './repository-name.js';
