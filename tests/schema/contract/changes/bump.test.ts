import { expect, test } from '@jest/globals';
import { bumped, bumpShortfall, requiredBump, versionStep } from '../../../../schema/contract/changes/bump.ts';
import { change } from '../../../../schema/contract/changes/weighed.ts';

test.each([
  ['1.4.0', '1.4.1', 'patch'],
  ['1.4.0', '1.5.0', 'minor'],
  ['1.4.9', '2.0.0', 'major'],
  ['1.4.0', '1.4.0', 'none'],
  ['1.4.0', '1.4.0+build.7', 'none'],
  ['1.4.0', '1.3.9', 'lower'],
  ['1.9.0', '1.10.0', 'minor'],
  ['0.3.1', '0.4.0', 'major'],
  ['0.3.1', '0.3.2', 'minor'],
  ['0.3.1', '1.0.0', 'major'],
  ['1.4.0', '2.0.0-rc.1', 'major'],
  ['1.4.0', '1.4.1-rc.1', 'patch'],
  ['2.0.0-rc.1', '2.0.0-rc.2', 'major'],
  ['2.0.0-rc.9', '2.0.0-rc.10', 'major'],
  ['2.0.0-rc.1', '2.0.0', 'major'],
  ['2.0.0', '2.0.0-rc.1', 'lower'],
  ['2.0.0-rc.2', '2.0.0-rc.1', 'lower'],
  ['one', '1.0.0', 'unreadable'],
] as const)('from %s to %s is a step: %s', (live, next, step) => {
  expect(versionStep(live, next)).toBe(step);
});

test.each([
  ['1.4.2', 'patch', '1.4.3'],
  ['1.4.2', 'minor', '1.5.0'],
  ['1.4.2', 'major', '2.0.0'],
  ['0.3.1', 'minor', '0.3.2'],
  ['0.3.1', 'major', '0.4.0'],
  ['2.0.0-rc.1', 'major', '2.0.0'],
  ['1.4.2', 'none', '1.4.2'],
] as const)('%s and a %s step make %s', (live, bump, next) => {
  expect(bumped(live, bump)).toBe(next);
});

const said = { message: 'flights.delay is gone; it was Int.', subject: 'flights.delay' };

test('the weightiest change decides, and a version that falls short is told what would do', () => {
  const changes = [change('PROPERTY_REMOVED', said), change('DESCRIPTION_CHANGED', said)];
  expect(requiredBump(changes)).toBe('major');
  expect(bumpShortfall('1.4.0', '1.5.0', changes)).toEqual({
    needed: 'major',
    step: 'minor',
    atLeast: '2.0.0',
    message:
      'What changed asks for a major version (PROPERTY_REMOVED: flights.delay is gone; it was Int.), and 1.4.0 to 1.5.0 is a minor step: publish it as 2.0.0 or higher.',
  });
  expect(bumpShortfall('1.4.0', '2.0.0', changes)).toBeNull();
  expect(bumpShortfall('1.4.0', '1.3.0', [])).toMatchObject({ step: 'lower', needed: 'none' });
  expect(bumpShortfall('1.4.0', '1.4.0', [])).toBeNull();
  expect(bumpShortfall('first', '1.0.0', changes)).toBeNull();
});
