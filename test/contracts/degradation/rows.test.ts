/**
 * When things go wrong: for each fault of the design's table, what is promised, and the tests that hold it. On-chain rows
 * are stories in this folder, from the fault to the recovery.
 */
import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** A test file, and the beginning of a title in it; `later` where what it needs is not built yet. */
type Holder = readonly [file: string, title: string] | { readonly later: string };

const STORIES = 'contracts/degradation';
const WITH_THE_RELAYER = { later: 'with the relayer' } as const;

const ROWS: readonly (readonly [fault: string, promise: string, holders: readonly Holder[]])[] = [
  [
    "issuer's service down",
    'roots stay accepted until `maxSilence`, which each gate chose',
    [[`${STORIES}/silentSource.test.ts`, 'its roots are accepted until the last second']],
  ],
  [
    "issuer's service down",
    'claimants prove from any mirror of the log',
    [
      ['issuer/logSource.test.ts', 'reads a folder, a web server and a gateway alike'],
      ['cli/proof.paths.test.ts', 'eligo proof make'],
    ],
  ],
  [
    'revoked while a proof is in flight',
    'refused after `maxStaleness`',
    [[`${STORIES}/staleRoot.test.ts`, 'to the last second of `maxStaleness`']],
  ],
  [
    'revoked while a proof is in flight',
    'the relayer says `StaleRoot` at once, not after gas is spent',
    [
      [`${STORIES}/staleRoot.test.ts`, 'the refusal is told before any gas is spent'],
      WITH_THE_RELAYER,
    ],
  ],
  [
    "issuer's publishing key stolen",
    'guardian freezes; every earlier root is void at once and for good; only the owner unfreezes or rotates; caps bound the loss',
    [
      [`${STORIES}/stolenKey.test.ts`, 'degradation: a stolen publishing key'],
      ['issuer/auditRebuild.test.ts', 'given a thief with a publishing key'],
    ],
  ],
  [
    'an issuer contradicts another',
    'the trust list decides who is believed, in public and with notice',
    [[`${STORIES}/contradiction.test.ts`, 'degradation: two issuers who contradict each other']],
  ],
  [
    'relayer killed at any instant',
    'every claim continues from its recorded state; nothing is paid twice, nothing is lost',
    [WITH_THE_RELAYER],
  ],
  ['burst', 'bounded queue, Retry-After, batches grow with load', [WITH_THE_RELAYER]],
  [
    'RPC down or lying',
    'several RPCs, timeouts, backoff with jitter, reorg-safe confirmation depth',
    [
      ['chain/eventScan.test.ts', 'gives up where the node is busy for good'],
      ['chain/eventScan.test.ts', 'refuses a node that gives what can not be'],
      ['chain/publications.test.ts', 'refuses a node that leaves publications out'],
      ['chain/transactions.test.ts', 'takes it for sent where the answer was lost'],
      WITH_THE_RELAYER,
    ],
  ],
  [
    'rules need to change',
    'amendment after the notice; the scope stays; metered campaigns can not be amended',
    [[`${STORIES}/amendment.test.ts`, 'degradation: rules that need to change']],
  ],
  [
    'rules need to change',
    'both policies shown side by side',
    [['cli/campaign.amend.test.ts', 'says what would change, and for whom']],
  ],
  [
    "a batch contains a claim that can't be paid",
    'that claim is skipped with an event naming the error; the rest are paid',
    [[`${STORIES}/unpayable.test.ts`, 'degradation: claims of a batch that can not be paid']],
  ],
];

describe('degradation', () => {
  for (const [fault, promise, holders] of ROWS) {
    for (const holder of holders) {
      if ('later' in holder) continue;
      const [file, title] = holder;
      it(`${fault}: "${promise}" is held by ${file}, "${title}"`, async () => {
        const text = await readFile(resolve(import.meta.dirname, '../..', file), 'utf8');
        const titles = [...text.matchAll(/\b(?:describe|it)\(\s*(['"`])(.*?)\1,/g)].map(
          ([, , found]) => found!,
        );
        expect(titles.filter((found) => found.startsWith(title))).to.have.length(1);
      });
    }
  }

  it('has no story that no row tells of', async () => {
    const stories = (await readdir(import.meta.dirname)).filter(
      (file) => file !== basename(import.meta.filename),
    );
    const told = ROWS.flatMap(([, , holders]) => holders).flatMap((holder) =>
      'later' in holder ? [] : [holder[0]],
    );
    for (const story of stories) expect(told).to.include(join(STORIES, story));
  });
});
