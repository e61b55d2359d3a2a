/** What Nest injects by symbol, because it is an interface. */
export const workerLogger = Symbol('logger');
export const jobBackend = Symbol('job backend');
export const databaseOutage = Symbol('database outage');
