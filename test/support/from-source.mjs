// node --import: what our TypeScript imports as `./x.js` is `./x.ts` where it is not compiled. Also imported by jest's global set-ups.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const ours = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
    return next(ours ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
