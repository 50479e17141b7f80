/**
 * EligibilityGate: the rule of a label, and every check of PROTOCOL.md section 5 that a gate makes, in its order. A
 * gate with nothing of its own stands for all that inherit it; the example of contracts/README.md is one of them.
 */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  encodeAbiParameters,
  keccak256,
  parseEventLogs,
  stringToHex,
  zeroHash,
  type Address,
  type Hex,
} from 'viem';
import { eligibilityGateAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER, NEVER, toField } from '../../src/protocol/field.ts';
import { hashPolicy } from '../../src/protocol/hash.ts';
import { computeContext, computeScope } from '../../src/protocol/statement.ts';
import { GENESIS, startAnvil, type Anvil } from '../support/anvil.ts';
import {
  METERED,
  createTree,
  newestRoot,
  prove,
  publish,
  type Claim,
  type ContractStatement,
} from '../support/campaigns.ts';
import {
  BECAUSE,
  by,
  deploy,
  expectRevert,
  handle,
  makeWorld,
  readArtifact,
  testContracts,
  type World,
} from '../support/contracts.ts';

const LABEL = stringToHex('door', { size: 32 });
const ID = 9n;
const ACTION: Hex = keccak256('0x01');
const TERMS = 12_345n;
const KIND = { count: 0, period: 1, metered: 2 } as const;
const DAY = 86_400n;
const MONTH = 30 * 86_400;

const GATE_ABI = [
  ...eligibilityGateAbi,
  {
    type: 'function',
    name: 'setRule',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'label', type: 'bytes32' },
      { name: 'terms', type: 'uint256' },
      {
        name: 'acceptance',
        type: 'tuple',
        components: [
          { name: 'source', type: 'uint64' },
          { name: 'maxStaleness', type: 'uint40' },
          { name: 'maxSilence', type: 'uint40' },
          { name: 'proofLifetime', type: 'uint24' },
          { name: 'indexKind', type: 'uint8' },
          { name: 'periodStart', type: 'uint40' },
          { name: 'indexLimit', type: 'uint32' },
        ],
      },
    ],
    outputs: [],
  },
  {
    type: 'function',
    name: 'amendRule',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'label', type: 'bytes32' },
      { name: 'terms', type: 'uint256' },
      { name: 'indexLimit', type: 'uint32' },
      { name: 'notice', type: 'uint24' },
    ],
    outputs: [],
  },
  {
    type: 'function',
    name: 'accept',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'label', type: 'bytes32' },
      { name: 'id', type: 'uint256' },
      { name: 'actionHash', type: 'bytes32' },
      {
        name: 'claim',
        type: 'tuple',
        components: [
          {
            name: 'statement',
            type: 'tuple',
            components: [
              { name: 'nullifier', type: 'uint256' },
              { name: 'root', type: 'uint256' },
              { name: 'policy', type: 'uint256' },
              { name: 'disclosed', type: 'uint96' },
              { name: 'shown', type: 'uint32' },
              { name: 'checkedAt', type: 'uint40' },
              { name: 'context', type: 'uint256' },
            ],
          },
          { name: 'proof', type: 'uint256[8]' },
        ],
      },
    ],
    outputs: [],
  },
] as const;

type Acceptance = {
  source: bigint;
  maxStaleness: number;
  maxSilence: number;
  proofLifetime: number;
  indexKind: number;
  periodStart: number;
  indexLimit: number;
};

describe('EligibilityGate', () => {
  let anvil: Anvil;
  let clock = GENESIS;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());
  beforeEach(() => {
    clock += DAY;
  });

  const acceptanceOf = (source: bigint, changes: Partial<Acceptance> = {}): Acceptance => ({
    source,
    maxStaleness: 100,
    maxSilence: Number(NEVER),
    proofLifetime: 600,
    indexKind: KIND.count,
    periodStart: 0,
    indexLimit: 3,
    ...changes,
  });

  async function makeGate(world: World) {
    const args = [world.roots.address];
    const address = await deploy(anvil, world.folder, 'BareGate', args, world.libraries);
    return handle(anvil, address, GATE_ABI);
  }

  /** A gate with a rule under LABEL; its tree published at `clock`, a whole minute. */
  async function makeRule(changes: Partial<Acceptance> = {}) {
    const world = await makeWorld(anvil, await testContracts());
    const gate = await makeGate(world);
    const treeId = await createTree(world);
    await anvil.nextAt(clock);
    const root = await publish(world, treeId);
    const acceptance = acceptanceOf(treeId, changes);
    await anvil.mined(gate.write.setRule([LABEL, TERMS, acceptance], by(world.cast.integrator)));
    const statement = statementFor(gate.address, root);
    /** Whether the gate takes a statement, changed and proved, now. */
    const accept = (
      said: Partial<ContractStatement> = {},
      claim: Claim = prove({ ...statement, ...said }),
    ) => gate.simulate.accept([LABEL, ID, ACTION, claim], by(world.cast.stranger));
    return { world, gate, treeId, root, statement, accept };
  }

  function statementFor(gate: Address, root: bigint): ContractStatement {
    const chainId = 31337;
    const scope = computeScope({ chainId, gate, label: LABEL });
    return {
      nullifier: 77n,
      root,
      policy: hashPolicy(scope, toField(TERMS, 'terms')),
      disclosed: 0n,
      shown: 0,
      checkedAt: Number(clock),
      context: computeContext({ chainId, gate, id: ID, actionHash: ACTION }),
    };
  }

  describe('a rule', () => {
    it('holds the policy that the contract computes, as the library does (S29)', async () => {
      const { gate, statement, treeId } = await makeRule();
      const rule = await gate.read.getRule([LABEL]);
      expect(rule.policy).to.equal(statement.policy);
      expect(rule.acceptance).to.deep.equal(acceptanceOf(treeId));
      const scope = computeScope({ chainId: 31337, gate: gate.address, label: LABEL });
      expect(await gate.read.computeScope([LABEL])).to.equal(scope);
      expect(await gate.read.computeContext([ID, ACTION])).to.equal(statement.context);
    });

    it('is set once', async () => {
      const { world, gate, treeId } = await makeRule();
      const set = (label: Hex) =>
        gate.simulate.setRule([label, TERMS, acceptanceOf(treeId)], by(world.cast.integrator));
      await set(zeroHash);
      await expectRevert(set(LABEL), 'RuleExists', [LABEL]);
    });

    const refused: readonly (readonly [
      Partial<Acceptance> & { terms?: bigint },
      string,
      bigint,
    ])[] = [
      [{ terms: 0n }, 'terms', 0n],
      [{ terms: FIELD_ORDER }, 'terms', FIELD_ORDER],
      [{ proofLifetime: 119 }, 'proofLifetime', 119n],
      [{ proofLifetime: MONTH + 1 }, 'proofLifetime', BigInt(MONTH + 1)],
      [{ indexLimit: 0 }, 'indexLimit', 0n],
      [{ indexLimit: METERED }, 'indexLimit', BigInt(METERED)],
      [{ indexKind: KIND.period, indexLimit: 599 }, 'indexLimit', 599n],
      [{ indexKind: KIND.metered, indexLimit: 1 }, 'indexLimit', 1n],
      [{ maxSilence: 0 }, 'maxSilence', 0n],
      [{ periodStart: 1 }, 'periodStart', 1n],
      [{ indexKind: KIND.metered, indexLimit: 0, periodStart: 1 }, 'periodStart', 1n],
      [{ source: 0n }, 'source', 0n],
      [{ source: 77n }, 'source', 77n],
    ];
    for (const [{ terms = TERMS, ...changes }, field, value] of refused) {
      it(`reverts for ${field} ${value}, kind ${changes.indexKind ?? KIND.count}`, async () => {
        const { world, gate, treeId } = await makeRule();
        const set = (t: bigint, acceptance: Acceptance) =>
          gate.simulate.setRule([zeroHash, t, acceptance], by(world.cast.integrator));
        await set(TERMS, acceptanceOf(treeId));
        await expectRevert(set(terms, acceptanceOf(treeId, changes)), 'InvalidRule', [
          field,
          value,
        ]);
      });
    }

    const taken: readonly Partial<Acceptance>[] = [
      { proofLifetime: 120 },
      { maxSilence: 1 },
      { proofLifetime: MONTH },
      { indexLimit: 1 },
      { indexLimit: METERED - 1 },
      { indexKind: KIND.period, indexLimit: 600, periodStart: 5 },
      { indexKind: KIND.metered, indexLimit: 0 },
    ];
    for (const changes of taken) {
      it(`is taken with ${JSON.stringify(changes)}`, async () => {
        const { world, gate, treeId } = await makeRule();
        const args = [zeroHash, FIELD_ORDER - 1n, acceptanceOf(treeId, changes)] as const;
        await gate.simulate.setRule(args, by(world.cast.integrator));
      });
    }
  });

  describe('an amendment of a rule', () => {
    const OTHER_TERMS = 54_321n;

    /** A rule, and whether an amendment of it would be taken now. */
    async function makeAmend(changes: Partial<Acceptance> = {}) {
      const made = await makeRule(changes);
      const { gate, world } = made;
      const amend = ({ label = LABEL, terms = OTHER_TERMS, indexLimit = 5, notice = 600 }) =>
        gate.simulate.amendRule([label, terms, indexLimit, notice], by(world.cast.integrator));
      return { ...made, amend };
    }

    it('is in force after its notice, and takes its predecessor for what was checked before', async () => {
      const { world, gate, statement, accept } = await makeRule();
      const announcedAt = clock + 60n;
      await anvil.nextAt(announcedAt);
      const args = [LABEL, OTHER_TERMS, 5, 600] as const;
      const { logs } = await anvil.mined(gate.write.amendRule(args, by(world.cast.integrator)));
      const scope = computeScope({ chainId: 31337, gate: gate.address, label: LABEL });
      const policy = hashPolicy(scope, toField(OTHER_TERMS, 'terms'));
      const changedAt = Number(announcedAt) + 600;
      const [event] = parseEventLogs({ abi: eligibilityGateAbi, logs, eventName: 'RuleAmended' });
      expect(event!.args).to.deep.equal({
        label: LABEL,
        terms: OTHER_TERMS,
        policy,
        indexLimit: 5,
        inForceAt: changedAt,
      });
      const checkedAt = changedAt - 60;
      await anvil.goTo(BigInt(changedAt) - 1n);
      await accept({ checkedAt });
      const early = [statement.policy, policy];
      await expectRevert(accept({ policy, checkedAt }), 'WrongPolicy', early);
      await anvil.goTo(BigInt(changedAt));
      await accept({ checkedAt });
      await accept({ policy, checkedAt });
      const late = accept({ checkedAt: changedAt });
      await expectRevert(late, 'WrongPolicy', [policy, statement.policy]);
      const { acceptance } = await gate.read.getRule([LABEL]);
      expect(acceptance.indexLimit).to.equal(5);
    });

    it('reverts under a label without a rule (S13)', async () => {
      const { amend } = await makeAmend();
      await amend({});
      await expectRevert(amend({ label: zeroHash }), 'UnknownRule', [zeroHash]);
    });

    it('reverts with a notice shorter than a proof lives: three policies would be live', async () => {
      const { amend } = await makeAmend();
      await amend({ notice: 600 });
      await expectRevert(amend({ notice: 599 }), 'InvalidRule', ['notice', 599n]);
    });

    it('reverts where metered', async () => {
      const { amend } = await makeAmend({ indexKind: KIND.metered, indexLimit: 0 });
      const call = amend({ indexLimit: 0 });
      await expectRevert(call, 'InvalidRule', ['indexKind', BigInt(KIND.metered)]);
    });

    it('by period keeps the length, and takes no other', async () => {
      const { amend } = await makeAmend({ indexKind: KIND.period, indexLimit: 600 });
      await amend({ indexLimit: 0 });
      await expectRevert(amend({ indexLimit: 600 }), 'InvalidRule', ['indexLimit', 600n]);
    });

    for (const [what, bad, args] of [
      ['no cap', { indexLimit: 0 }, ['indexLimit', 0n]],
      ['a cap of 2^32-1', { indexLimit: METERED }, ['indexLimit', BigInt(METERED)]],
      ['no terms', { terms: 0n }, ['terms', 0n]],
      ['terms that are r', { terms: FIELD_ORDER }, ['terms', FIELD_ORDER]],
    ] as const) {
      it(`reverts for ${what}`, async () => {
        const { amend } = await makeAmend();
        await amend({});
        await expectRevert(amend(bad), 'InvalidRule', args);
      });
    }
  });

  describe('a claim', () => {
    it('is let in, and spends its nullifier', async () => {
      const { world, gate, statement } = await makeRule();
      expect(await gate.read.isSpent([77n])).to.equal(false);
      const args = [LABEL, ID, ACTION, prove(statement)] as const;
      await anvil.mined(gate.write.accept(args, by(world.cast.stranger)));
      expect(await gate.read.isSpent([77n])).to.equal(true);
    });

    for (const field of ['nullifier', 'root', 'policy', 'context'] as const) {
      it(`reverts for ${field} + r and + 2r (S2)`, async () => {
        const { statement, accept } = await makeRule();
        await accept();
        for (const times of [1n, 2n]) {
          const alias = statement[field] + times * FIELD_ORDER;
          await expectRevert(accept({ [field]: alias }), 'SignalOutOfRange', [field, alias]);
        }
      });
    }

    for (const field of ['nullifier', 'root', 'policy'] as const) {
      it(`reverts for ${field} 0 (S13, S18)`, async () => {
        const { accept } = await makeRule();
        await accept();
        await expectRevert(accept({ [field]: 0n }), 'SignalOutOfRange', [field, 0n]);
      });
    }

    it('reverts under a label without a rule (S13)', async () => {
      const { world, gate, statement } = await makeRule();
      const call = (label: Hex) =>
        gate.simulate.accept([label, ID, ACTION, prove(statement)], by(world.cast.stranger));
      await call(LABEL);
      await expectRevert(call(zeroHash), 'WrongPolicy', [0n, statement.policy]);
    });

    it('reverts for another policy', async () => {
      const { statement, accept } = await makeRule();
      await accept();
      await expectRevert(accept({ policy: 5n }), 'WrongPolicy', [statement.policy, 5n]);
    });

    it('reverts for another context, id or action (S15)', async () => {
      const { world, gate, statement, accept } = await makeRule();
      await accept();
      await expectRevert(accept({ context: 5n }), 'WrongContext', [statement.context, 5n]);
      const call = (id: bigint, action: Hex) =>
        gate.simulate.accept([LABEL, id, action, prove(statement)], by(world.cast.stranger));
      for (const [id, action] of [
        [ID + 1n, ACTION],
        [ID, keccak256('0x02')],
      ] as const) {
        const expected = computeContext({
          chainId: 31337,
          gate: gate.address,
          id,
          actionHash: action,
        });
        await expectRevert(call(id, action), 'WrongContext', [expected, statement.context]);
      }
    });

    it('reverts at another gate with the same rule (S16)', async () => {
      const { world, statement, treeId, accept } = await makeRule();
      const other = await makeGate(world);
      await anvil.mined(
        other.write.setRule([LABEL, TERMS, acceptanceOf(treeId)], by(world.cast.integrator)),
      );
      await accept();
      const { policy } = await other.read.getRule([LABEL]);
      const call = other.simulate.accept(
        [LABEL, ID, ACTION, prove(statement)],
        by(world.cast.stranger),
      );
      await expectRevert(call, 'WrongPolicy', [policy, statement.policy]);
    });

    it('reverts on a chain that forked off under another id (S16)', async () => {
      const { gate, statement, accept } = await makeRule();
      await accept();
      await anvil.client.request<never>({ method: 'anvil_setChainId', params: [31338] } as never);
      try {
        const expected = computeContext({
          chainId: 31338,
          gate: gate.address,
          id: ID,
          actionHash: ACTION,
        });
        await expectRevert(accept(), 'WrongContext', [expected, statement.context]);
      } finally {
        await anvil.client.request<never>({ method: 'anvil_setChainId', params: [31337] } as never);
      }
    });

    it('can be used from checkedAt to checkedAt + proofLifetime, both included (S26)', async () => {
      const { accept, statement } = await makeRule();
      const checkedAt = Number(clock) + 600;
      const claim = () => accept({ checkedAt });
      await anvil.goTo(BigInt(checkedAt) - 1n);
      await expectRevert(claim(), 'ProofFromFuture', [checkedAt, BigInt(checkedAt) - 1n]);
      await anvil.goTo(BigInt(checkedAt));
      await claim();
      await anvil.goTo(BigInt(checkedAt) + 599n);
      await claim();
      await anvil.goTo(BigInt(checkedAt) + 600n);
      await claim();
      await anvil.goTo(BigInt(checkedAt) + 601n);
      await expectRevert(claim(), 'ProofExpired', [checkedAt, 600, BigInt(checkedAt) + 601n]);
      expect(statement.checkedAt).to.equal(Number(clock));
    });

    it('reverts with what the registry says of its root, in the order of the checks', async () => {
      const { world, treeId, root, accept } = await makeRule();
      await accept();
      await expectRevert(accept({ root: 5n, shown: 9 }), 'UnknownRoot', [treeId, 5n]);
      const endedAt = clock + 60n;
      await anvil.nextAt(endedAt);
      await publish(world, treeId, { endsEpoch: true });
      await accept();
      await anvil.goTo(endedAt + 99n);
      await accept();
      await anvil.goTo(endedAt + 100n);
      await expectRevert(accept({ shown: 9 }), 'StaleRoot', [root, Number(endedAt), 100]);
      await anvil.mined(world.roots.write.freeze([treeId, ...BECAUSE], by(world.cast.guardian)));
      await expectRevert(accept({ shown: 9 }), 'SourceFrozen', [treeId]);
    });

    it('reverts for a silent source (S26)', async () => {
      const { treeId, accept } = await makeRule({ maxSilence: 300 });
      await anvil.goTo(clock + 299n);
      await accept();
      await anvil.goTo(clock + 300n);
      await expectRevert(accept(), 'SilentSource', [treeId, Number(clock), 300]);
    });

    it('by count: takes what is below the cap', async () => {
      const { accept } = await makeRule();
      await accept({ shown: 2 });
      for (const shown of [3, 4, METERED])
        await expectRevert(accept({ shown }), 'ClaimIndexClosed', [shown, 3n]);
    });

    it('by count: the largest cap still refuses what a metered claim shows', async () => {
      const { accept } = await makeRule({ indexLimit: METERED - 1 });
      await accept({ shown: METERED - 2 });
      const closed = [METERED, BigInt(METERED - 1)];
      await expectRevert(accept({ shown: METERED }), 'ClaimIndexClosed', closed);
    });

    it('metered: takes the one value that hides the index', async () => {
      const { accept } = await makeRule({ indexKind: KIND.metered, indexLimit: 0 });
      await accept({ shown: METERED });
      for (const shown of [0, 1, METERED - 1]) {
        await expectRevert(accept({ shown }), 'ClaimIndexClosed', [shown, BigInt(METERED)]);
      }
    });

    it('by period: takes the number of the period of checkedAt (S26)', async () => {
      const periodStart = Number(clock) - 3_600;
      const { accept } = await makeRule({ indexKind: KIND.period, periodStart, indexLimit: 1_800 });
      await anvil.goTo(clock);
      for (const [checkedAt, period] of [
        [Number(clock) - 60, 1],
        [Number(clock), 2],
      ] as const) {
        await accept({ checkedAt, shown: period });
        for (const shown of [period - 1, period + 1, METERED]) {
          await expectRevert(accept({ checkedAt, shown }), 'ClaimIndexClosed', [
            shown,
            BigInt(period),
          ]);
        }
      }
    });

    it('by period: reverts before the first', async () => {
      const periodStart = Number(clock) + 60;
      const { accept } = await makeRule({ indexKind: KIND.period, periodStart, indexLimit: 1_800 });
      await anvil.goTo(clock + 60n);
      await accept({ checkedAt: periodStart });
      const before = accept({ checkedAt: periodStart - 60 });
      await expectRevert(before, 'ClaimIndexClosed', [0, 2n ** 256n - 1n]);
    });

    it('reverts for a spent nullifier, whatever proof and whoever sends it (S3)', async () => {
      const { world, gate, statement, accept } = await makeRule();
      await anvil.mined(
        gate.write.accept([LABEL, ID, ACTION, prove(statement)], by(world.cast.stranger)),
      );
      await expectRevert(accept({ shown: 1 }), 'NullifierSpent', [77n]);
      await accept({ nullifier: 78n });
    });

    it('reverts for a proof of something else', async () => {
      const { statement, accept } = await makeRule();
      const { proof } = prove({ ...statement, disclosed: 1n });
      await accept();
      await expectRevert(accept({}, { statement, proof }), 'InvalidProof');
      const nonsense = [1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n] as const;
      await expectRevert(accept({}, { statement, proof: nonsense }), 'InvalidProof');
    });
  });

  describe('the example of contracts/README.md', () => {
    it('is the contract that is compiled here, word for word', async () => {
      const folder = resolve(import.meta.dirname, '../../contracts');
      const readme = await readFile(join(folder, 'README.md'), 'utf8');
      const source = await readFile(join(folder, 'examples/GatedVote.sol'), 'utf8');
      const blocks = [...readme.matchAll(/```solidity\n([\s\S]*?)```/g)].map(([, text]) => text);
      expect(blocks).to.include(source);
    });

    it('counts a vote, once, and only as it was cast', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const treeId = await createTree(world);
      await anvil.nextAt(clock);
      await publish(world, treeId);
      const { abi } = await readArtifact(world.folder, 'GatedVote');
      const args = [world.roots.address, TERMS, acceptanceOf(treeId)];
      const gate = await deploy(anvil, world.folder, 'GatedVote', args, world.libraries);
      const label = stringToHex('vote', { size: 32 });
      const scope = computeScope({ chainId: 31337, gate, label });
      const actionHash = keccak256(encodeAbiParameters([{ type: 'uint8' }], [1]));
      const claim = prove({
        ...statementFor(gate, await newestRoot(world, treeId)),
        policy: hashPolicy(scope, toField(TERMS, 'terms')),
        context: computeContext({ chainId: 31337, gate, id: 0n, actionHash }),
      });
      const vote = handle(anvil, gate, [...eligibilityGateAbi, ...abi]);
      const cast = (choice: number) =>
        anvil.client.simulateContract({
          address: gate,
          abi: vote.abi,
          functionName: 'vote',
          args: [choice, claim],
          account: world.cast.relayer,
        });
      const { request } = await cast(1);
      const other = computeContext({
        chainId: 31337,
        gate,
        id: 0n,
        actionHash: keccak256(encodeAbiParameters([{ type: 'uint8' }], [0])),
      });
      await expectRevert(cast(0), 'WrongContext', [other, claim.statement.context]);
      await anvil.mined(anvil.client.writeContract(request));
      await expectRevert(cast(1), 'NullifierSpent', [77n]);
      expect(
        await anvil.client.readContract({ address: gate, abi, functionName: 'votes', args: [1n] }),
      ).to.equal(1n);
    });
  });
});
