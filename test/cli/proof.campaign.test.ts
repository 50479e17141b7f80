import { expect } from 'chai';
import { writeContract } from 'viem/actions';
import { zeroAddress, zeroHash } from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { claim } from '../../src/chain/campaigns.ts';
import { freeze, nextPublication, publish } from '../../src/chain/roots.ts';
import { waitForReceipt } from '../../src/chain/transactions.ts';
import { readProofFile } from '../../src/prover/proof.ts';
import {
  NO_NODE,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  withFlag,
  without,
  type Folder,
} from '../support/cli.ts';
import { openCampaignWorld } from '../support/campaignWorld.ts';

const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const THIEF = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

describe('eligo proof, for a campaign on-chain', () => {
  let folder: Folder;
  let world: Awaited<ReturnType<typeof openCampaignWorld>>;
  let make: string[];
  let verify: string[];
  let made: Record<string, unknown>;
  let snapshot: `0x${string}`;

  // The proof is made once; each test gets the chain back as it was.
  before(async () => {
    folder = await makeFolder();
    world = await openCampaignWorld(folder);
    const claims = [...world.onChain, '--recipient', RECIPIENT];
    make = [
      ...['proof', 'make', '--identity', folder.file('me.identity.json')],
      ...['--credential', folder.file('me.credential.json')],
      ...['--policy', folder.file('policy.json'), '--leaves', folder.file('leaves.txt')],
      ...['--out', folder.file('me.proof.json'), ...claims],
    ];
    verify = [
      ...['proof', 'verify', '--proof', folder.file('me.proof.json')],
      ...['--policy', folder.file('policy.json'), '--schema', folder.file('schema.json')],
      ...claims,
    ];
    made = await ask(make);
  });

  beforeEach(async () => {
    snapshot = await world.test.snapshot();
  });

  afterEach(async () => {
    await world.test.revert({ id: snapshot });
  });

  after(async () => {
    await world.chain.stop();
    await folder.remove();
  });

  /** Makes a proof into a file that isn't there: what is refused writes none. */
  let attempts = 0;
  const again = (): string[] =>
    withFlag(make, '--out', folder.file(`${(attempts += 1)}.proof.json`));
  const later = async (seconds: number): Promise<void> => {
    await world.test.increaseTime({ seconds });
    await world.test.mine({ blocks: 1 });
  };
  const pause = async (): Promise<void> => {
    const hash = await writeContract(world.owner, {
      address: world.deployment.contracts.Distributor,
      abi: distributorAbi,
      functionName: 'pause',
      args: [world.campaignId, zeroHash],
    });
    await waitForReceipt(world.owner, hash);
  };
  const publishRevoked = async (): Promise<void> => {
    const { owner, deployment, treeId, tree } = world;
    const facts = { deployment, treeId, root: tree.root(), size: tree.size(), revoked: 1n };
    const publication = { ...(await nextPublication(owner, facts)), root: 7n };
    await publish(owner, { deployment, publication });
  };
  const claimIt = async (): Promise<bigint> => {
    const { owner, deployment, campaignId } = world;
    const file = await folder.read('me.proof.json');
    const proven = readProofFile(file, deployment.circuit);
    const amounts = { minAmount: 0n, fee: 0n, feeTo: zeroAddress, hookData: '0x' } as const;
    const action = { recipient: RECIPIENT, ...amounts } as const;
    return (await claim(owner, { deployment, campaignId, ...proven, action })).amount;
  };
  const refused = (
    code: string,
    message = /./,
  ): { exitCode: 1; code: string; message: RegExp } => ({
    exitCode: 1,
    code,
    message,
  });

  it('makes a proof that the campaign pays', async () => {
    expect(made).to.deep.include({ disclosed: '2', shown: '0', insecureDev: true });
    expect(Number(made['checkedAt']) % 60).to.equal(0);
    expect(await claimIt()).to.equal(100n);
  });

  it('verifies it as the campaign does, and says what it is worth', async () => {
    expect(await ask(verify)).to.deep.include({ valid: true, amount: '100', insecureDev: true });
    const run = await eligo(verify);
    expect(run.exitCode).to.equal(0);
    expect(run.stdout).to.match(/amount +100/);
    expect(run.stderr).to.match(/INSECURE-DEV keys/);
  });

  it('binds the proof to all that the claim does', async () => {
    for (const [flag, value] of [
      ['--recipient', THIEF],
      ['--min-amount', '1'],
      ['--fee', '1'],
      ['--fee-to', THIEF],
      ['--hook-data', '0x01'],
    ] as const) {
      await expectRefusal(withFlag(verify, flag, value), refused('WrongContext'));
    }
  });

  it('takes a fee and a least amount up to what the claim pays', async () => {
    const most = [...again(), '--fee', '100', '--min-amount', '100', '--fee-to', THIEF];
    await ask(most);
    await expectRefusal(withFlag(again(), '--fee', '101'), refused('FeeTooHigh'));
    const low = withFlag(again(), '--min-amount', '101');
    await expectRefusal(low, refused('AmountTooLow'));
  });

  describe('refuses, before it proves and when it verifies,', () => {
    /** Both verbs refuse, and no proof appears. */
    const bothRefuse = async (code: string): Promise<void> => {
      const out = folder.file('none.proof.json');
      const run = await expectRefusal(withFlag(make, '--out', out), refused(code));
      expect(run.stderr).not.to.include('proving');
      expect(await folder.read('none.proof.json').catch(() => 'absent')).to.equal('absent');
      await expectRefusal(verify, refused(code));
    };

    it('a claim that was made before', async () => {
      await claimIt();
      await bothRefuse('NullifierSpent');
    });

    it('a campaign that is paused', async () => {
      await pause();
      await bothRefuse('CampaignPaused');
    });

    it('a campaign that is over', async () => {
      await later(86_401);
      await bothRefuse('CampaignClosed');
    });

    it('a root from before a revocation', async () => {
      await publishRevoked();
      await bothRefuse('StaleRoot');
    });

    it('a tree that is frozen', async () => {
      const { owner, deployment, treeId } = world;
      await freeze(owner, { deployment, treeId, reason: 'key-stolen' });
      await bothRefuse('SourceFrozen');
    });
  });

  it('makes no proof for a root that was never published', async () => {
    const leaves = [...world.holder.leaves, 66n].map(String).join('\n');
    const file = await folder.write('ahead.txt', leaves);
    await expectRefusal(withFlag(again(), '--leaves', file), refused('UnknownRoot'));
  });

  it('makes no proof with a number that the campaign does not take', async () => {
    await expectRefusal(withFlag(again(), '--claim-index', '1'), refused('ClaimIndexClosed'));
  });

  it('refuses a proof past its lifetime, and takes a newer one', async () => {
    await later(661);
    await expectRefusal(verify, refused('ProofExpired'));
    const { out } = await ask(again());
    await ask(withFlag(verify, '--proof', out as string));
  });

  it('refuses a document that the campaign does not follow', async () => {
    const where = [{ field: 'country', in: ['DE'] }];
    const policy = await folder.write('other.json', { ...world.holder.policy.document, where });
    for (const args of [again(), verify])
      await expectRefusal(withFlag(args, '--policy', policy), refused('CampaignMismatch'));
  });

  it('refuses a campaign that does not exist', async () => {
    for (const args of [again(), verify])
      await expectRefusal(withFlag(args, '--campaign', '9'), refused('UnknownCampaign'));
  });

  it('refuses another proof under the same statement', async () => {
    const file = await folder.json('me.proof.json');
    const proof = file['proof'] as { pi_a: string[]; pi_c: string[] };
    const forged = { ...file, proof: { ...proof, pi_a: proof.pi_c } };
    const args = withFlag(verify, '--proof', await folder.write('forged.json', forged));
    await expectRefusal(args, refused('InvalidProof'));
  });

  it('refuses a credential of another registry', async () => {
    const credential = { ...world.holder.credential, registry: THIEF };
    const file = await folder.write('other.credential.json', credential);
    await expectUsage(withFlag(again(), '--credential', file), /credential\.registry is/);
  });

  it('refuses flags of a service beside those of a campaign, and a claim without a recipient', async () => {
    for (const args of [again(), verify]) {
      await expectUsage(withFlag(args, '--at', '0'), /--at is "0": is off-chain/);
      await expectUsage(without(args, '--recipient'), /--recipient is "missing"/);
      await expectUsage(withFlag(args, '--recipient', '0x12'), /recipient is "0x12"/);
    }
  });

  it('calls a node that does not answer the environment', async () => {
    for (const args of [again(), verify]) {
      await expectRefusal(withFlag(args, '--rpc', NO_NODE), {
        exitCode: 3,
        code: 'ChainUnavailable',
        message: /no node answers/,
      });
    }
  });
});
