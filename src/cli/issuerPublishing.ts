/**
 * What all publishing needs: the tree's builders, a time to end, and words for what it waits for.
 * @module
 */
import type { Hex } from 'viem';
import type { WriteClient } from '../chain/client.ts';
import type { PublishOptions } from '../issuer/publish.ts';
import type { SettleOptions } from '../issuer/settle.ts';
import { createDistributor } from '../store/treeJobs.ts';
import { loadHasher } from '../tree/hasher.ts';
import { interruptionSignal } from './interruption.ts';
import { atDesk, type Desk } from './issuerConfig.ts';
import { clock } from './flags.ts';
import { integerFlag, type Context } from './verb.ts';

/** Seconds. */
const DEFAULT_TIMEOUT = 600n;

/** The flags of every verb that publishes. */
export const SENDING_FLAGS = {
  '--bump': 'sends a transaction that is stuck again, with higher fees',
  '--timeout <seconds>': 'how long it waits for the chain; 600 if left out',
  '--accept-foreign': 'goes on above publications that this store knows nothing of, and voids them',
  '--distribute': 'on PostgreSQL: lets `issuer worker` processes build the tree too',
} as const;

/** What publishing takes. */
export type Publishing = PublishOptions & SettleOptions;

/** Opens what publishing needs, by the flags, and closes it afterwards. */
export async function withPublishing(
  context: Context,
  wanted: { readonly manifestHash?: Hex | undefined; readonly heartbeat?: boolean },
  work: (desk: Desk, client: WriteClient, options: Publishing) => Promise<void>,
): Promise<void> {
  await atDesk(context, async (desk) => {
    const client = await desk.client();
    await withTools(context, desk, wanted, (options) => work(desk, client, options));
  });
}

/** The same at a desk that is open, as whoever `work` connects. */
export async function withTools(
  { flags }: Context,
  desk: Desk,
  wanted: Pick<Publishing, 'manifestHash' | 'heartbeat' | 'unfreezing'>,
  work: (options: Publishing) => Promise<void>,
): Promise<void> {
  const timeout = integerFlag(flags, '--timeout', { min: 1n, max: 86_400n }) ?? DEFAULT_TIMEOUT;
  const hasher = await loadHasher();
  const builder = desk.threads();
  const distributor = flags.on('--distribute')
    ? await createDistributor(desk.store, { builder })
    : undefined;
  try {
    await work({
      build: { builder, distribute: distributor?.distribute },
      ...{ hasher, now: clock(), heartbeat: wanted.heartbeat ?? false },
      ...{ endsEpoch: flags.on('--end-epoch'), voids: flags.on('--void') },
      ...(wanted.manifestHash && { manifestHash: wanted.manifestHash }),
      ...(wanted.unfreezing && { unfreezing: wanted.unfreezing }),
      ...{ acceptForeign: flags.on('--accept-foreign'), bump: flags.on('--bump') },
      confirmations: desk.config.confirmations,
      signal: interruptionSignal(Number(timeout)),
    });
  } finally {
    await distributor?.close();
  }
}

/** Shows what a publication waits for. */
export function saying(options: Publishing, say: (detail: string) => void): Publishing {
  return {
    ...options,
    onStep: say,
    build: {
      ...options.build,
      onProgress: (done, of) => {
        say(`tree: ${done.toString()} of ${of.toString()} entries`);
      },
    },
  };
}
