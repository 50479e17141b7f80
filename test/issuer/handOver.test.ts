import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect, type WriteClient } from '../../src/chain/client.ts';
import { deployContracts, type Deployment } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS, startLocalChain, type LocalChain } from '../../src/chain/localChain.ts';
import { getTree } from '../../src/chain/roots.ts';
import { EligoError } from '../../src/errors.ts';
import {
  handPublication,
  readHanded,
  submitPublication,
  writeHanded,
  type HandedPublication,
} from '../../src/issuer/handOver.ts';
import { registerIssuerTree, setUpStore, type Issuer } from '../../src/issuer/issuer.ts';
import { publish } from '../../src/issuer/publish.ts';
import { createPepper } from '../../src/issuer/subject.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { latestPublication } from '../../src/store/publications.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';

/** The code and the message of a refusal. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EligoError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('handing a publication over', () => {
  let chain: LocalChain;
  let publisher: WriteClient;
  let payer: WriteClient;
  let deployment: Deployment;
  let folder: string;
  let store: Store;
  let issuer: Issuer;
  let handed: HandedPublication;

  // One store and one chain, and the tests go on from each other.
  before(async () => {
    chain = await startLocalChain();
    publisher = await connect({ url: chain.url, privateKey: LOCAL_KEYS[0]! });
    payer = await connect({ url: chain.url, privateKey: LOCAL_KEYS[1]! });
    deployment = await deployContracts(publisher, { artifacts: await loadArtifacts() });
    folder = await mkdtemp(join(tmpdir(), 'eligo-hand-over-'));
    store = await openStore(join(folder, 'store'));
    const uri = 'https://issuer.example';
    const { treeId } = await registerIssuerTree(publisher, { deployment, uri });
    issuer = await setUpStore(store, publisher, { deployment, treeId, pepper: createPepper() });
  });

  after(async () => {
    await store.close();
    await chain.stop();
    await rm(folder, { recursive: true });
  });

  const optionsOf = async () => {
    const hasher = await loadHasher();
    const now = BigInt(Math.floor(Date.now() / 1000));
    return { build: { builder: inline(hasher) }, hasher, now, deadline: now + 3_600n };
  };

  it('has nothing to hand over where nothing changed', async () => {
    expect(await handPublication(issuer, publisher, await optionsOf())).to.equal(undefined);
  });

  it('signs what is to be published, and writes down that it did', async () => {
    const options = { ...(await optionsOf()), heartbeat: true };
    handed = (await handPublication(issuer, publisher, options))!;
    expect(handed).to.include({ sequence: 1n, publisher: publisher.account.address });
    expect((await latestPublication(store.db))?.state).to.equal('handed');
    expect((await getTree(publisher, issuer)).sequence).to.equal(0n);
  });

  it('signs the same one again until the chain has it', async () => {
    const again = await handPublication(issuer, publisher, await optionsOf());
    expect(again).to.include({ sequence: 1n, logHead: handed.logHead });
  });

  it('does not drop what is asked for beside one that was begun before', async () => {
    const options = await optionsOf();
    const pending = /^PublicationPending: publication 1 was begun before, and does not do/;
    for (const wish of [{ voids: true }, { endsEpoch: true }, { heartbeat: true }])
      expect(await refusalOf(handPublication(issuer, publisher, { ...options, ...wish }))).to.match(
        pending,
      );
    const manifestHash = `0x${'ab'.repeat(32)}` as const;
    expect(
      await refusalOf(handPublication(issuer, publisher, { ...options, manifestHash })),
    ).to.match(pending);
    expect(await handPublication(issuer, publisher, options)).to.include({ sequence: 1n });
  });

  describe('the document', () => {
    it('comes back as it was', () => {
      expect(readHanded(JSON.stringify(writeHanded(handed)))).to.deep.equal(handed);
    });

    it('refuses what is none', async () => {
      const document = writeHanded(handed);
      for (const [change, message] of [
        [{ eligo: 'publication/2' }, /eligo/],
        [{ chainId: '-1' }, /chainId/],
        [{ registry: '0x11' }, /registry .*address/],
        [{ size: '4294967296' }, /size/],
        [{ endsEpoch: 'false' }, /endsEpoch/],
        [{ logHead: '0x' }, /logHead .*32 bytes/],
        [{ deadline: String(2n ** 40n) }, /deadline/],
        [{ more: '1' }, /more/],
      ] as const) {
        const read = Promise.resolve({ ...document, ...change }).then(readHanded);
        expect(await refusalOf(read))
          .to.match(/^InvalidInput: /)
          .and.match(message);
      }
      expect(readHanded(document)).to.deep.equal(handed);
    });
  });

  describe('submitting', () => {
    const submit = (change: Partial<HandedPublication>): Promise<unknown> =>
      submitPublication(payer, { deployment, handed: { ...handed, ...change } });

    it('refuses another place, another root, another publisher', async () => {
      expect(await refusalOf(submit({ chainId: 1n }))).to.match(/^InvalidInput: .*chainId is 1/);
      const registry = deployment.contracts.Distributor;
      expect(await refusalOf(submit({ registry }))).to.match(/^InvalidInput: .*registry/);
      expect(await refusalOf(submit({ root: handed.root + 1n }))).to.match(/^InvalidSignature/);
      const other = payer.account.address;
      expect(await refusalOf(submit({ publisher: other }))).to.match(/^InvalidSignature/);
      expect((await getTree(publisher, issuer)).sequence).to.equal(0n);
    });

    it('brings it to the chain by anybody, once', async () => {
      await submit({});
      expect((await getTree(publisher, issuer)).sequence).to.equal(1n);
      expect(await refusalOf(submit({}))).to.match(/WrongSequence\(expected 2, given 1\)/);
    });
  });

  describe('afterwards', () => {
    it('notes what has come to the chain, before it hands over the next', async () => {
      const options = await optionsOf();
      expect(await handPublication(issuer, publisher, options)).to.equal(undefined);
      expect((await latestPublication(store.db))?.state).to.equal('confirmed');
      const next = await handPublication(issuer, publisher, { ...options, heartbeat: true });
      expect(next?.sequence).to.equal(2n);
    });

    it('lets the publisher send it all the same', async () => {
      const published = await publish(issuer, publisher, await optionsOf());
      expect(published).to.include({ sequence: 2n, state: 'confirmed' });
    });
  });
});
