import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compileCircuit, inspectCircuit } from '../../scripts/circuits.ts';
import { expectRejection } from '../support/circuits/errors.ts';
import { template } from '../support/circuits/testCircuit.ts';

const PRAGMA = 'pragma circom 2.2.0;\n';
const SQUARE = 'template Square() { signal input in; signal output out <== in * in; }\n';
const UNUSED =
  'template Square() { signal input in; signal input unused; signal output out <== in * in; }\n';

/** A folder with one source and an empty cache. */
async function withSource(
  source: string,
  work: (world: { folder: string; cache: string; optimization: 0 }) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'eligo-compile-'));
  try {
    await writeFile(join(root, 'square.circom'), source);
    await work({ folder: root, cache: join(root, 'cache'), optimization: 0 });
  } finally {
    await rm(root, { recursive: true });
  }
}

const instance = template('square.circom', 'Square');

describe('compileCircuit', () => {
  it('compiles once, and finds the same files again', () =>
    withSource(PRAGMA + SQUARE, async (world) => {
      const lines: string[] = [];
      const log = (line: string) => lines.push(line);
      const first = await compileCircuit({ instance, ...world, log });
      const second = await compileCircuit({ instance, ...world, log });
      expect(first.cached).to.equal(false);
      expect(second).to.deep.equal({ ...first, cached: true });
      expect(first).to.include({ constraints: 1, wires: 3 });
      expect(lines).to.deep.equal(['compiling Square() with circom at O0']);
    }));

  it('compiles again if a source, an option or the instance differs', () =>
    withSource(PRAGMA + SQUARE, async (world) => {
      const first = await compileCircuit({ instance, ...world });
      const simplified = await compileCircuit({ instance, ...world, optimization: 2 });
      const open = await compileCircuit({ instance: { ...instance, public: ['in'] }, ...world });
      await writeFile(join(world.folder, 'square.circom'), `${PRAGMA}\n${SQUARE}`);
      const edited = await compileCircuit({ instance, ...world });
      const keys = [first, simplified, open, edited].map(({ key }) => key);
      expect(new Set(keys).size).to.equal(4);
    }));

  it('takes a warning of the compiler for an error', () =>
    withSource(SQUARE, async (world) => {
      await expectRejection(
        compileCircuit({ instance, ...world }),
        'InvalidInput',
        /circom warns about Square\(\): P1004 .*pragma/,
      );
    }));

  for (const [title, source, message] of [
    ['a source that is no circom', `${PRAGMA}template Square( {`, /circom refuses Square\(\).*P1/s],
    [
      'an assignment that is not quadratic',
      PRAGMA + SQUARE.replace('in * in', 'in * in * in'),
      /Non quadratic/,
    ],
    ['a template that isn’t there', PRAGMA + SQUARE.replace('Square', 'Cube'), /unknown symbol/],
  ] as const) {
    it(`refuses ${title}, in circom’s words, and keeps nothing of it`, () =>
      withSource(source, async (world) => {
        await expectRejection(compileCircuit({ instance, ...world }), 'InvalidInput', message);
        await expectRejection(compileCircuit({ instance, ...world }), 'InvalidInput', message);
      }));
  }
});

describe('inspectCircuit', () => {
  it('finds nothing where every signal is held', () =>
    withSource(PRAGMA + SQUARE, async (world) => {
      expect(await inspectCircuit({ instance, ...world })).to.deep.equal([]);
    }));

  it('finds an input that no constraint holds', () =>
    withSource(PRAGMA + UNUSED, async (world) => {
      const [finding] = await inspectCircuit({ instance, ...world });
      expect(finding?.text).to.match(/Square.*unused/);
    }));
});
