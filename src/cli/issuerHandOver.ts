/**
 * Publishing by signature: `issuer publish --by-signature` signs, `issuer publish --signed` submits.
 * @module
 */
import { connect, type WriteClient } from '../chain/client.ts';
import { readDeployment } from '../chain/deployment.ts';
import { handPublication, readHanded, submitPublication, writeHanded } from '../issuer/handOver.ts';
import { refuseExisting, writeNew } from './files.ts';
import { readUrl } from './gate.ts';
import { readPrivateKey } from './privateKey.ts';
import type { Desk } from './issuerConfig.ts';
import { clock, deadlineFlag, refuseBeside } from './flags.ts';
import { saying, type Publishing } from './issuerPublishing.ts';
import { facts, moment } from './output.ts';
import type { Context } from './verb.ts';

/** The flags that go with `--by-signature` only. */
export const SIGNING = ['--deadline', '--out', '--force'] as const;

/** What somebody else's publication leaves no room for. */
const OWN = [
  ...['--dry-run', '--end-epoch', '--void', '--manifest', '--bump', '--accept-foreign'],
  ...['--distribute', '--by-signature', '--timeout', '--issuer', ...SIGNING],
];

/** Signs the next publication, or the one that waits already, and writes it where `--out` says. */
export async function handOver(
  { flags, result, step }: Context,
  { issuer }: Desk,
  client: WriteClient,
  options: Publishing,
): Promise<void> {
  const out = flags.text('--out');
  const writing = { flag: '--out', force: flags.on('--force') };
  await refuseExisting(out, writing);
  const deadline = deadlineFlag(flags, '--deadline', clock());
  const handed = await step('signing the publication', (say) =>
    handPublication(issuer, client, { ...saying(options, say), deadline }),
  );
  if (!handed) {
    result({ signed: false }, ['Nothing changed since the last publication.']);
    return;
  }
  await writeNew(out, `${JSON.stringify(writeHanded(handed), undefined, 2)}\n`, writing);
  const { sequence, root, publisher } = handed;
  result({ signed: true, sequence, root, publisher, deadline, out }, [
    ...facts({ publication: sequence, root, publisher, 'counts until': moment(deadline) }),
    `Whoever has ${out} can submit it: eligo issuer publish --signed ${out}`,
    'Run `eligo issuer publish` afterwards: it notes what the chain has, and publishes what is newer.',
  ]);
}

/** Submits the publication of `--signed`. */
export async function submitHanded({ flags, read, result, step }: Context): Promise<void> {
  refuseBeside(flags, '--signed', OWN);
  const handed = readHanded(await read(flags.text('--signed'), '--signed'));
  const deployment = readDeployment(await read(flags.text('--deployment'), '--deployment'));
  const url = readUrl(flags);
  const keyText = await read(flags.text('--key-file'), '--key-file');
  const client = await connect({ url, privateKey: readPrivateKey(keyText, '--key-file') });
  const receipt = await step('submitting', () => submitPublication(client, { deployment, handed }));
  const { sequence, root, publisher } = handed;
  const { transactionHash: transaction, blockNumber: block, gasUsed } = receipt;
  result(
    { submitted: true, sequence, root, publisher, transaction, block, gasUsed },
    facts({ publication: sequence, root, publisher, transaction, block, gas: gasUsed }),
  );
}
