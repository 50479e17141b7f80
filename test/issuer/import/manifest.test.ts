import { expect } from 'chai';
import { zeroAddress, zeroHash } from 'viem';
import {
  createManifestCheck,
  readImportManifest,
  type AuditedManifest,
} from '../../../src/issuer/auditManifest.ts';
import { rebuildTree } from '../../../src/issuer/auditRebuild.ts';
import type { ImportReport } from '../../../src/issuer/import/import.ts';
import type { Issuer } from '../../../src/issuer/issuer.ts';
import { preparePublication, publish } from '../../../src/issuer/publish.ts';
import { getTreeEvents } from '../../../src/chain/publications.ts';
import { unpublishedManifest } from '../../../src/store/importRounds.ts';
import { setState } from '../../../src/store/publications.ts';
import { useIssuerChain } from '../../support/issuerChain.ts';
import {
  CHAIN,
  OTHER_FILE,
  address,
  attest,
  importing,
  manifestReader,
  mark,
} from '../../support/imports.ts';
import { EVIDENCE, checkedLog, issued, rowOf } from '../../support/issuers.ts';
import { headed } from '../../support/logs.ts';
import { forEachStore } from '../../support/stores.ts';
import { rejected } from '../../support/world.ts';

const bytesOf = async function* (text: string, length = 7): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += length)
    yield await Promise.resolve(bytes.subarray(at, at + length));
};

const read = (text: string, name = 'm.json'): Promise<AuditedManifest> =>
  readImportManifest(bytesOf(text), name);

describe('issuer/import/manifest', () => {
  const chain = useIssuerChain();

  forEachStore((stores) => {
    const newIssuer = async (): Promise<Issuer> => chain().newIssuer(await stores.openFresh());

    /** Imports, and keeps the manifest's text. */
    const withText = async (
      issuer: Issuer,
      records: Parameters<typeof importing>[1],
      changes: Parameters<typeof importing>[2] = {},
    ): Promise<ImportReport & { readonly text: string }> => {
      const manifest = manifestReader();
      const report = await importing(issuer, records, { ...changes, ...manifest });
      return { ...report!, text: manifest.text() };
    };

    const publishNow = (issuer: Issuer, more: object = {}) =>
      publish(issuer, chain().publisher, { ...chain().options, ...more });

    /** The audit of an issuer's log with manifests beside it. */
    const audit = async (issuer: Issuer, texts: readonly string[]) => {
      const { owner, deployment } = chain();
      const manifests = await Promise.all(texts.map((text, i) => read(text, `m${i + 1}`)));
      const events = await getTreeEvents(owner, { deployment, treeId: issuer.treeId });
      const entries = await checkedLog(issuer.store);
      const check = createManifestCheck(manifests);
      for (const entry of entries) check.take(entry);
      const { publications } = await rebuildTree({ entries: headed(entries), events });
      return check.finish({ events, publications });
    };

    it('goes into the next publication, which vouches for all that it leads back to', async () => {
      const issuer = await newIssuer();
      const one = await withText(issuer, [attest(1), address(2)]);
      await issued(issuer.store, [rowOf(70)]);
      const two = await withText(issuer, [attest(3), attest(3, { account: zeroAddress })], {
        source: OTHER_FILE,
      });
      expect(two.facts.previous).to.equal(one.manifestHash);
      const first = await publishNow(issuer);
      expect(first!.manifestHash).to.equal(two.manifestHash);
      const three = await withText(issuer, [attest(4), mark(9)], { source: CHAIN });
      expect(three.facts.previous).to.equal(two.manifestHash);
      const second = await publishNow(issuer);
      expect(second!.manifestHash).to.equal(three.manifestHash);
      const found = await audit(issuer, [one.text, two.text, three.text]);
      expect(found.map(({ publication, accepted }) => [publication, accepted])).to.deep.equal([
        [1n, 1n],
        [1n, 1n],
        [2n, 1n],
      ]);
      await issued(issuer.store, [rowOf(71)]);
      expect((await publishNow(issuer))!.manifestHash).to.equal(zeroHash);
    });

    it('waits for another publication where one explains itself by another file, or was overtaken', async () => {
      const issuer = await newIssuer();
      const { manifestHash } = await withText(issuer, [attest(1)]);
      const other = await publishNow(issuer, { manifestHash: EVIDENCE });
      expect(other!.manifestHash).to.equal(EVIDENCE);
      await issued(issuer.store, [rowOf(70)]);
      const { publisher, options } = chain();
      const prepared = await preparePublication(issuer, publisher, options);
      expect(prepared!.publication.manifestHash).to.equal(manifestHash);
      await setState(issuer.store.db, prepared!.publication.sequence, 'overtaken');
      const round = await issuer.store.db
        .selectFrom('import_rounds')
        .select('publication')
        .execute();
      expect(round).to.deep.equal([{ publication: prepared!.publication.sequence }]);
      expect(await unpublishedManifest(issuer.store.db), 'overtaken').to.equal(manifestHash);
    });

    it('is refused by the audit where nobody vouches for it, or the log says otherwise', async () => {
      const issuer = await newIssuer();
      const { text } = await withText(issuer, [attest(1), attest(2)]);
      await publishNow(issuer);
      expect(await audit(issuer, [text])).to.have.length(1);
      const altered = text
        .replace('"pending":"0"', '"pending":"1"')
        .replace('"read":"2"', '"read":"3"');
      const error = await rejected(audit(issuer, [altered]));
      expect(error).to.include({ code: 'AuditFailed' });
      expect(error.message).to.match(/m1: hash .* no publication names it/);
      for (const [from, to, message] of [
        [/"leaves":"0x../, '"leaves":"0xee', /leaves is 0xee/],
        [/"first":"0"/, '"first":"1"', /end of its positions is 3 .* has 2 positions/],
      ] as const) {
        const untrue = text.replace(from, to);
        const { hash } = await read(untrue);
        await publishNow(issuer, { manifestHash: hash });
        const differs = await rejected(audit(issuer, [untrue]));
        expect(differs.message).to.match(message);
      }
    });
  });

  describe('read by an auditor', () => {
    const facts = {
      ...{
        accepted: '3',
        excluded: { conflict: '1' },
        leaves: `0x${'ab'.repeat(32)}`,
        merged: '2',
      },
      ...{
        pending: '4',
        positions: [
          { count: '2', first: '5' },
          { count: '1', first: '9' },
        ],
        read: '11',
      },
      revocations: { cancelled: '0', read: '1', revoked: '1' },
    };
    const textOf = (changes: object = {}): string =>
      `{"eligo":"import-manifest/1","facts":${JSON.stringify({ ...facts, ...changes })},"rows":[]}`;
    const refused = async (text: string): Promise<string> => (await rejected(read(text))).message;

    it('gives its facts, and is refused where they do not fit each other', async () => {
      expect(await read(textOf())).to.deep.include({
        ...{ accepted: 3n, read: 11n, previous: undefined },
        runs: [
          { first: 5, count: 2 },
          { first: 9, count: 1 },
        ],
      });
      expect(await refused(textOf({ read: '12' }))).to.match(/read .* add up/);
      expect(await refused(textOf({ positions: [{ count: '2', first: '5' }] }))).to.match(
        /accepted/,
      );
      const twice = [
        { count: '2', first: '5' },
        { count: '1', first: '6' },
      ];
      expect(await refused(textOf({ positions: twice }))).to.match(/ascend/);
      expect(await refused(textOf({ leaves: undefined }))).to.match(/leaves/);
      expect(await refused(textOf({ merged: '-2' }))).to.match(/merged/);
    });

    it('is refused where it is something else, however long', async () => {
      expect(await refused('')).to.match(/must be the manifest/);
      expect(await refused('{"eligo":"backup/1"}')).to.match(/must be the manifest/);
      const long = async function* () {
        for (let i = 0; i < 40; i++) yield await Promise.resolve(new Uint8Array(65_536).fill(0x20));
      };
      expect((await rejected(readImportManifest(long(), 'm'))).message).to.match(
        /must be the manifest/,
      );
      expect(await refused(textOf().replace('import-manifest/1', 'import-manifest/2'))).to.match(
        /must be/,
      );
    });
  });
});
