/** What each object of the garbage holds. */
export const objectBytes = Buffer.alloc(1_024, 'garbage ');
