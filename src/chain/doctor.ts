/**
 * Does a deployment fit the artifacts? Chain, circuit, the verifying key that the chain holds, and how the contracts point
 * at each other. The bytecode itself is not compared.
 * @module
 */
import { isAddressEqual, type Address } from 'viem';
import { getCode } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { Artifacts } from '../prover/artifacts.ts';
import { hashVerifyingKey } from '../prover/solidityKey.ts';
import { distributorAbi, rootRegistryAbi } from './abis.ts';
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
  const questions = [
    ...askChain(client, parameters.deployment),
    ...askKey(client, parameters),
    ...askPointers(client, parameters.deployment),
  ];
  const findings: Finding[] = [];
  for (const [check, question] of questions) {
    try {
      const [ok, detail] = await question();
      findings.push({ check, ok, detail });
    } catch (error) {
      const detail = error instanceof EligoError ? error.message : String(error);
      findings.push({ check, ok: false, detail });
    }
  }
  return findings;
}

type Question = readonly [check: string, ask: () => Answer | Promise<Answer>];
type Answer = readonly [ok: boolean, detail: string];

function askChain(client: ReadClient, { chainId, contracts }: Deployment): readonly Question[] {
  const { id } = client.chain;
  return [
    ['chain', () => [String(id) === chainId, `node ${id}, deployment ${chainId}`]],
    ...CONTRACTS.map((name): Question => {
      const address = contracts[name];
      const ask = async (): Promise<Answer> => {
        const code = await getCode(client, { address });
        return [code !== undefined && code !== '0x', address];
      };
      return [`${name} has code`, ask];
    }),
  ];
}

function askKey(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly artifacts: Artifacts },
): readonly Question[] {
  const { deployment, artifacts } = parameters;
  const { circuit, insecureDev, manifest, verifyingKey } = artifacts;
  const gate = { address: deployment.contracts.Distributor, abi: distributorAbi };
  const askSecurity = (): Answer => {
    const known = deployment.security === manifest.security;
    if (!insecureDev) return [known, 'keys of a ceremony'];
    const allowed = DEVELOPMENT_CHAINS.includes(client.chain.id);
    return [known && allowed, 'INSECURE-DEV: anybody can forge; local chains only'];
  };
  const askHash = async (): Promise<Answer> => {
    const hash = await read(client, { ...gate, functionName: 'verifyingKeyHash', args: [] });
    const same = hash === hashVerifyingKey(verifyingKey);
    return [same, same ? "the artifacts' own" : "another key than the artifacts'"];
  };
  const circuits = `artifacts ${circuit}, deployment ${deployment.circuit}`;
  return [
    ['circuit', () => [circuit === deployment.circuit, circuits]],
    ['verifying key on-chain', askHash],
    // The artifacts' word: it holds for the chain where the key is the same.
    ['key security', askSecurity],
  ];
}

function askPointers(client: ReadClient, { contracts }: Deployment): readonly Question[] {
  const roots = { address: contracts.RootRegistry, abi: rootRegistryAbi };
  const gate = { address: contracts.Distributor, abi: distributorAbi };
  const points = async (found: Promise<Address>, to: Address): Promise<Answer> => [
    isAddressEqual(await found, to),
    await found,
  ];
  const args = [] as const;
  return [
    [
      'registry knows its issuers',
      () =>
        points(read(client, { ...roots, functionName: 'ISSUERS', args }), contracts.IssuerRegistry),
    ],
    [
      'gate reads this registry',
      () =>
        points(read(client, { ...gate, functionName: 'REGISTRY', args }), contracts.RootRegistry),
    ],
    [
      'distributor pays grants here',
      () => points(read(client, { ...gate, functionName: 'GRANTS', args }), contracts.Grants),
    ],
  ];
}
