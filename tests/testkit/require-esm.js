// Without --experimental-vm-modules @swc/jest falls back to CommonJS in silence, and other code than ours is tested.
if (typeof require !== 'undefined') throw new Error('Run the tests by `npm test`: they are ES modules.');
