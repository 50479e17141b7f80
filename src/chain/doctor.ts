/**
 * Does a deployment fit the artifacts? Chain, circuit, the verifying key that the chain holds, and how the contracts point
 * at each other. The bytecode itself is not compared.
 * @module
 */
import { isAddressEqual } from 'viem';
import { getCode } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { Artifacts } from '../prover/artifacts.ts';
import type { VerifyingKey } from '../prover/verifyingKey.ts';
import { distributorAbi, eligibilityVerifierAbi, rootRegistryAbi } from './abis.ts';
import { DEVELOPMENT_CHAINS, type ReadClient } from './client.ts';
import { CONTRACTS, type Deployment } from './deployment.ts';
import { read } from './send.ts';

/** One thing that was looked at. */
export type Finding = { readonly check: string; readonly ok: boolean; readonly detail: string };

/** Looks at everything, and goes on after a fault. */
export async function examine(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly artifacts: Artifacts },
): Promise<readonly Finding[]> {
  const { deployment, artifacts } = parameters;
  const { contracts } = deployment;
  const findings: Finding[] = [];
  const look = async (
    check: string,
    question: () => Promise<readonly [ok: boolean, detail: string]>,
  ): Promise<void> => {
    try {
      const [ok, detail] = await question();
      findings.push({ check, ok, detail });
    } catch (error) {
      findings.push({
        check,
        ok: false,
        detail: error instanceof EligoError ? error.message : String(error),
      });
    }
  };
  const now = <T>(value: T): Promise<T> => Promise.resolve(value);

  await look('chain', () =>
    now([
      String(client.chain.id) === deployment.chainId,
      `node ${client.chain.id}, deployment ${deployment.chainId}`,
    ]),
  );
  await look('circuit', () =>
    now([
      artifacts.circuit === deployment.circuit,
      `artifacts ${artifacts.circuit}, deployment ${deployment.circuit}`,
    ]),
  );
  for (const name of CONTRACTS) {
    await look(`${name} has code`, async () => {
      const code = await getCode(client, { address: contracts[name] });
      return [code !== undefined && code !== '0x', contracts[name]];
    });
  }
  const verifier = { address: contracts.EligibilityVerifier, abi: eligibilityVerifierAbi };
  await look('verifying key on-chain', async () => {
    const key = await read(client, { ...verifier, functionName: 'verifyingKey', args: [] });
    const same = flatten(key).join() === flatten(toContractKey(artifacts.verifyingKey)).join();
    return [same, same ? "the artifacts' own" : "another key than the artifacts'"];
  });
  await look('key security', async () => {
    const { insecureDev } = await read(client, {
      ...verifier,
      functionName: 'verifyingKey',
      args: [],
    });
    const allowed = DEVELOPMENT_CHAINS.includes(client.chain.id);
    if (insecureDev) return [allowed, 'INSECURE-DEV: anybody can forge; local chains only'];
    return [!artifacts.insecureDev, 'keys of a ceremony'];
  });
  await look('registry knows its issuers', async () => {
    const issuers = await read(client, {
      address: contracts.RootRegistry,
      abi: rootRegistryAbi,
      functionName: 'ISSUERS',
      args: [],
    });
    return [isAddressEqual(issuers, contracts.IssuerRegistry), issuers];
  });
  const gate = { address: contracts.Distributor, abi: distributorAbi };
  await look('gate reads this registry', async () => {
    const registry = await read(client, { ...gate, functionName: 'REGISTRY', args: [] });
    return [isAddressEqual(registry, contracts.RootRegistry), registry];
  });
  await look('gate asks this verifier', async () => {
    const asked = await read(client, { ...gate, functionName: 'VERIFIER', args: [] });
    return [isAddressEqual(asked, contracts.EligibilityVerifier), asked];
  });
  return findings;
}

type ContractKey = {
  readonly alpha: readonly bigint[];
  readonly beta: readonly (readonly bigint[])[];
  readonly gamma: readonly (readonly bigint[])[];
  readonly delta: readonly (readonly bigint[])[];
  readonly ic: readonly (readonly bigint[])[];
};

/** The key with coordinates as EIP-197 orders them: imaginary part first. */
function toContractKey(key: VerifyingKey): ContractKey {
  const g1 = (point: readonly string[]): bigint[] => point.slice(0, 2).map(BigInt);
  const g2 = (point: readonly (readonly string[])[]): bigint[][] =>
    point.slice(0, 2).map((pair) => [BigInt(pair[1] ?? 0), BigInt(pair[0] ?? 0)]);
  return {
    alpha: g1(key.vk_alpha_1),
    beta: g2(key.vk_beta_2),
    gamma: g2(key.vk_gamma_2),
    delta: g2(key.vk_delta_2),
    ic: key.IC.map(g1),
  };
}

function flatten(key: ContractKey): readonly bigint[] {
  return [key.alpha, key.beta, key.gamma, key.delta, key.ic].flat(2);
}
