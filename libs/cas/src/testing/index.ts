export * from './controlled-source.js';
export * from './driver-contract.js';
export * from './driver-harness.js';
export * from './object-store.js';
export * from './store-proxy.js';
export * from './temporary-folder.js';
