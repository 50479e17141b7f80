import { expect } from 'chai';
import {
  SEGMENT_ENTRIES,
  checkBlock,
  checkCid,
  checkHeader,
  cidOf,
  readLogIndex,
  writeLogIndex,
  type LogIndex,
} from '../../src/issuer/logIndex.ts';
import { EMPTY_HEAD } from '../../src/protocol/log.ts';
import { HEADER } from '../support/logs.ts';
import { thrown } from '../support/world.ts';

/** Of no bytes, and of "hello world": base32 of 01 55 12 20 and the sha256, made with Python's base64 and hashlib. */
const EMPTY_CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
const HELLO_CID = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';

const HEAD = `0x${'12'.repeat(32)}` as const;
const END = `0x${'34'.repeat(32)}` as const;

function someIndex(): LogIndex {
  return {
    ...{ ...HEADER, entries: SEGMENT_ENTRIES + 1, head: END },
    segments: [
      { cid: EMPTY_CID, entries: SEGMENT_ENTRIES, head: HEAD },
      { cid: HELLO_CID, entries: 1, head: END },
    ],
  };
}

describe('issuer/logIndex', () => {
  describe('cidOf, checkCid and checkBlock', () => {
    it('are those of IPFS', () => {
      expect(cidOf(new Uint8Array())).to.equal(EMPTY_CID);
      expect(cidOf(Buffer.from('hello world'))).to.equal(HELLO_CID);
      checkBlock(Buffer.from('hello world'), HELLO_CID);
      expect(checkCid(HELLO_CID, 'cid')).to.equal(HELLO_CID);
    });

    it('refuse other bytes', () => {
      const error = thrown(() => {
        checkBlock(Buffer.from('hello World'), HELLO_CID);
      });
      expect(error.code).to.equal('InvalidInput');
      expect(error.data['field']).to.equal(HELLO_CID);
    });

    for (const [name, cid] of Object.entries({
      'version 0': 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
      'a directory': 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
      capitals: HELLO_CID.toUpperCase(),
      'another base': 'zb2rhj7crUKTQYRGCRATFaQ6YFLTde2YzdqbbhAASkL9uRDXn',
      'a path': '../secret',
      nothing: '',
    })) {
      it(`refuse ${name}`, () => {
        expect(thrown(() => checkCid(cid, 'cid')).code).to.equal('InvalidInput');
      });
    }
  });

  describe('readLogIndex', () => {
    const document = () => JSON.parse(writeLogIndex(someIndex())) as Record<string, never>;

    it('reads what was written', () => {
      expect(readLogIndex(writeLogIndex(someIndex()))).to.deep.equal(someIndex());
      const empty = { ...HEADER, entries: 0, head: EMPTY_HEAD, segments: [] };
      expect(readLogIndex(writeLogIndex(empty))).to.deep.equal(empty);
    });

    const segments = () =>
      (document() as unknown as { segments: Record<string, string>[] }).segments;
    const changed = (i: number, change: Record<string, string>) => ({
      segments: segments().with(i, { ...segments()[i], ...change }),
    });
    const faults: Readonly<Record<string, readonly [() => object, string]>> = {
      'another version': [() => ({ eligo: 'log/2' }), 'log index.eligo'],
      'an unknown key': [() => ({ more: '1' }), 'log index'],
      'a sum that is wrong': [() => ({ entries: '4096' }), 'log index.entries'],
      'a head that is not the last': [() => ({ head: HEAD }), 'log index.head'],
      'a registry that is none': [() => ({ registry: '0x12' }), 'log index.registry'],
      'a segment within that is not full': [
        () => changed(0, { entries: '4095' }),
        'log index.segments[0].entries',
      ],
      'an empty segment': [() => changed(1, { entries: '0' }), 'log index.segments[1].entries'],
      'a segment that is too full': [
        () => changed(1, { entries: '4097' }),
        'log index.segments[1].entries',
      ],
      'a name that leads out of the folder': [
        () => changed(1, { cid: '../../etc/passwd' }),
        'log index.segments[1].cid',
      ],
      'a head that is none': [() => changed(1, { head: '0x' }), 'log index.segments[1].head'],
    };
    for (const [fault, [change, field]] of Object.entries(faults)) {
      it(`refuses ${fault}`, () => {
        readLogIndex(document());
        const error = thrown(() => readLogIndex({ ...document(), ...change() }));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
      });
    }
  });

  it('checkHeader compares addresses whatever their capitals', () => {
    const { registry } = HEADER;
    checkHeader({ ...HEADER, registry: registry.toLowerCase() as `0x${string}` }, HEADER, 'index');
    const other = { ...HEADER, tree: 2n };
    const error = thrown(() => {
      checkHeader(other, HEADER, 'index');
    });
    expect(error.message).to.equal('index.tree is 2: must be 1');
  });
});
