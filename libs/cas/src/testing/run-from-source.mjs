import { registerHooks } from 'node:module';

/** Lets a thread run TypeScript as it is: what a source imports as `./x.js` is `./x.ts` before it is compiled. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const fromSource = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
    return nextResolve(fromSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
