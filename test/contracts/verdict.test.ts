/**
 * EligibilityGate against test/vectors/verdict.json: for every claim the same answer, by the same name, that the
 * library gives. The registry is a double whose facts are stated; the rule over them is RootHistory's own.
 */
import { expect } from 'chai';
import type { Address, Hex } from 'viem';
import { toField } from '../../src/protocol/field.ts';
import { hashPolicy } from '../../src/protocol/hash.ts';
import { computeContext, computeScope } from '../../src/protocol/statement.ts';
import { errorsAbi } from '../../src/chain/abis.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { prove, type ContractStatement } from '../support/campaigns.ts';
import { by, deploy, readArtifact, testContracts } from '../support/contracts.ts';
import { readVectors } from '../support/world.ts';

type Facts = 'frozen' | 'known' | 'current' | 'spent';
type Numbers =
  | keyof ContractStatement
  | 'gatePolicy'
  | 'predecessor'
  | 'until'
  | 'announced'
  | 'announcedFor'
  | 'gateContext'
  | 'now'
  | 'proofLifetime'
  | 'maxStaleness'
  | 'maxSilence'
  | 'index'
  | 'indexLimit'
  | 'periodStart'
  | 'endedAt'
  | 'lastPublishedAt';
type Case = Readonly<Record<Numbers, string>> & Readonly<Record<Facts, boolean>>;

const DAY = 86_400n;
const KINDS = ['count', 'period', 'metered'];
const LABEL: Hex = `0x${'6c'.padEnd(64, '0')}`;
/** The terms of the policies that a case names. */
const TERMS = { gatePolicy: 12_345n, predecessor: 12_346n, announced: 12_347n } as const;

describe('EligibilityGate: verdict.json', () => {
  const { base, cases } = readVectors('verdict') as {
    base: readonly [Case];
    cases: readonly { name: string; changes: Partial<Case>; error: string | null }[];
  };
  let anvil: Anvil;
  let folder: string;
  before(async () => {
    anvil = await startAnvil();
    folder = await testContracts();
  });
  after(() => anvil.stop());

  /** A double, its calls untyped. */
  async function makeDouble(name: string, args: readonly unknown[] = []) {
    const PoseidonT3 = await deploy(anvil, folder, 'PoseidonT3');
    const { abi } = await readArtifact(folder, name);
    const address = await deploy(anvil, folder, name, args, { PoseidonT3 });
    const to = { address, abi, ...by(anvil.accounts[0]!) };
    const send = (functionName: string, input: readonly unknown[]) =>
      anvil.mined(anvil.client.writeContract({ ...to, functionName, args: input }));
    return { address, abi, send };
  }

  /** A gate and a registry in the state of the case. Times move by `later`. */
  async function makeGate(said: Case, later: (time: string) => bigint) {
    const registry = await makeDouble('StatedRegistry');
    const gate = await makeDouble('StatedGate', [registry.address]);
    const facts = {
      frozen: said.frozen,
      known: said.known,
      current: said.current,
      publishedAt: 1,
      endedAt: Number(later(said.endedAt)),
      lastPublishedAt: Number(later(said.lastPublishedAt)),
    };
    await registry.send('state', [BigInt(said.root), facts]);
    const acceptance = {
      source: 1n,
      maxStaleness: Number(said.maxStaleness),
      maxSilence: Number(said.maxSilence),
      proofLifetime: Number(said.proofLifetime),
      indexKind: KINDS.indexOf(said.index),
      periodStart: Number(later(said.periodStart)),
      indexLimit: Number(said.indexLimit),
    };
    const amended = said.predecessor !== '0';
    const first = amended ? TERMS.predecessor : TERMS.gatePolicy;
    await gate.send('setRule', [LABEL, first, acceptance]);
    // An amendment is announced as long before it is in force as a proof lives.
    const amend = async (terms: bigint, inForceAt: string): Promise<void> => {
      await anvil.nextAt(later(inForceAt) - BigInt(said.proofLifetime));
      await gate.send('amendRule', [LABEL, terms, acceptance.indexLimit, said.proofLifetime]);
    };
    if (amended) await amend(TERMS.gatePolicy, said.until);
    if (said.announced !== '0') await amend(TERMS.announced, said.announcedFor);
    if (said.spent) await gate.send('spend', [BigInt(said.nullifier)]);
    return gate;
  }

  /** The claim; a policy or context that the gate knows becomes what this gate computes. */
  function statementOf(said: Case, gate: Address, checkedAt: bigint): ContractStatement {
    const at = { chainId: 31337, gate };
    const scope = computeScope({ ...at, label: LABEL });
    const known = (['gatePolicy', 'predecessor', 'announced'] as const).find(
      (name) => said[name] !== '0' && said[name] === said.policy,
    );
    const context = computeContext({ ...at, id: 1n, actionHash: LABEL });
    return {
      nullifier: BigInt(said.nullifier),
      root: BigInt(said.root),
      policy: known ? hashPolicy(scope, toField(TERMS[known], 'terms')) : BigInt(said.policy),
      disclosed: BigInt(said.disclosed),
      shown: Number(said.shown),
      checkedAt: Number(checkedAt),
      context: said.context === said.gateContext ? context : BigInt(said.context),
    };
  }

  for (const [n, { name, changes, error }] of cases.entries()) {
    it(`${name}: ${error ?? 'accepted'}`, async () => {
      const said = { ...base[0], ...changes };
      // Time only goes forward: each case has a day of its own. A time of 0 means that there is none.
      const later = (time: string): bigint =>
        time === '0' ? 0n : BigInt(time) + BigInt(n + 1) * DAY;
      const gate = await makeGate(said, later);
      const claim = prove(statementOf(said, gate.address, later(said.checkedAt)));
      await anvil.goTo(later(said.now));
      const call = anvil.client.simulateContract({
        address: gate.address,
        abi: [...gate.abi, ...errorsAbi],
        functionName: 'accept',
        args: [LABEL, 1n, LABEL, claim],
        account: anvil.accounts[0]!,
      });
      const answer = await call.then(() => 'accepted', String);
      expect(answer).to.contain(error === null ? 'accepted' : `${error}(`);
    });
  }
});
