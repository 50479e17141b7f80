import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { readText, type SourceDigest } from '../../../src/issuer/import/bytes.ts';
import { makeRandom, seedOf } from '../../support/circuits/random.ts';
import { expectRefused, pieces } from '../../support/sourceFiles.ts';
import { rejected } from '../../support/world.ts';

const SEED = seedOf(20_261_206);

describe(`issuer/import/bytes, seed ${SEED}`, () => {
  const random = makeRandom(SEED);
  const TEXT = Array.from({ length: 600 }, () => random.bits(64).toString(16)).join('\n');
  const PLAIN = Buffer.from(TEXT, 'utf8');
  const PACKED = gzipSync(PLAIN);

  const readAll = async (
    bytes: Uint8Array,
    length: number,
  ): Promise<readonly [string, SourceDigest[]]> => {
    const digests: SourceDigest[] = [];
    let text = '';
    const options = { onDigest: (digest: SourceDigest) => void digests.push(digest) };
    for await (const piece of readText({ chunks: pieces(bytes, length) }, options)) text += piece;
    return [text, digests];
  };

  const digestOf = (bytes: Uint8Array): SourceDigest => ({
    sha256: `0x${createHash('sha256').update(bytes).digest('hex')}`,
    bytes: BigInt(bytes.length),
  });

  for (const length of [1, 7, 1_000, 65_536]) {
    describe(`given pieces of ${length} bytes`, () => {
      for (const [what, bytes, text] of [
        ['text', PLAIN, TEXT],
        ['gzip', PACKED, TEXT],
        ['gzip of two members', Buffer.concat([PACKED, PACKED]), TEXT + TEXT],
        ['nothing', Buffer.alloc(0), ''],
        ['one byte', Buffer.from('a'), 'a'],
        ['characters of several bytes', Buffer.from('Jürgen 😀'), 'Jürgen 😀'],
        ['a byte order mark', Buffer.from('\ufeffa'), 'a'],
        ['bytes that are no UTF-8', Buffer.from([97, 0xff, 97]), 'a\ufffda'],
      ] as const) {
        it(`reads ${what}, and hashes it as it was given`, async () => {
          expect(await readAll(bytes, length)).to.deep.equal([text, [digestOf(bytes)]]);
        });
      }

      for (const [what, bytes, rule] of [
        ['cut short', PACKED.subarray(0, -20), /cut short/],
        ['cut short by a byte', PACKED.subarray(0, -1), /cut short/],
        ['cut short in its header', PACKED.subarray(0, 5), /cut short/],
        ['damaged', PACKED.map((byte, i) => (i === 2_000 ? byte ^ 1 : byte)), /damaged/],
        [
          'of another checksum',
          PACKED.map((byte, i) => (i === PACKED.length - 6 ? byte ^ 1 : byte)),
          /damaged/,
        ],
        ['followed by text', Buffer.concat([PACKED, Buffer.from('0x00,1\n')]), /damaged/],
        ['followed by zeros', Buffer.concat([PACKED, Buffer.alloc(9)]), /other bytes follow/],
        [
          'followed by zeros and gzip',
          Buffer.concat([PACKED, Buffer.alloc(9), PACKED]),
          /other bytes follow/,
        ],
      ] as const) {
        it(`refuses gzip that is ${what}`, async () => {
          expect((await readAll(PACKED, length))[0]).to.equal(TEXT);
          const error = await rejected(readAll(bytes, length));
          await expectRefused(Promise.reject(error), undefined, rule);
          expect(error.data['line']).to.be.within(1, 600);
        });
      }
    });
  }

  describe('given a path', () => {
    let folder = '';
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eligo-test-'));
    });
    after(() => rm(folder, { recursive: true }));

    it('reads it, packed or not, whatever its name', async () => {
      for (const bytes of [PLAIN, PACKED]) {
        const path = join(folder, 'list.csv.zip');
        await writeFile(path, bytes);
        let text = '';
        for await (const piece of readText({ path })) text += piece;
        expect(text).to.equal(TEXT);
      }
    });

    it('says that there is none', async () => {
      const error = await rejected(readText({ path: join(folder, 'none') }).next());
      expect([error.code, error.data]).to.deep.equal(['FileUnavailable', { code: 'ENOENT' }]);
    });
  });

  it('closes its source when the reader leaves, and takes no more than it gives', async () => {
    for (const bytes of [
      Buffer.alloc(1_000, 'a'),
      gzipSync(Buffer.alloc(1_000_000, 'a')),
      PACKED,
    ]) {
      const state = { closed: false };
      let given = 0;
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) {
            given += 1;
            yield await Promise.resolve(bytes);
          }
        } finally {
          state.closed = true;
        }
      };
      for await (const piece of readText({ chunks: endless() })) if (piece.length > 0) break;
      expect(given).to.be.below(64);
      for (let turn = 0; turn < 1_000 && !state.closed; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
      expect(state.closed).to.equal(true);
    }
  });

  it('ends when it is told to', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const work = readText({ chunks: pieces(PLAIN) }, { signal }).next();
    const error: unknown = await work.catch((caught: unknown) => caught);
    expect(error).to.equal(reason);
  });

  it('passes on what its source throws', async () => {
    for (const bytes of [PLAIN, PACKED.subarray(0, 1_000)]) {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(bytes);
        throw new Error('the disk is gone');
      };
      const work = (async () => {
        for await (const piece of readText({ chunks: failing() })) expect(piece).to.be.a('string');
      })();
      const error: unknown = await work.catch((caught: unknown) => caught);
      expect(error).to.be.an('error').with.property('message', 'the disk is gone');
    }
  });
});
