/**
 * `eligo chain`: a chain for development, deploying, and looking after what is deployed.
 * @module
 */
import type { Command } from 'commander';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { EligoError } from '../errors.ts';
import { connect, type WriteClient } from '../chain/client.ts';
import {
  deployContracts,
  deployExampleToken,
  type DeployedContract,
  type Deployment,
} from '../chain/deployment.ts';
import { examine } from '../chain/doctor.ts';
import { LOCAL_KEYS, startLocalChain, type LocalChain } from '../chain/localChain.ts';
import type { Artifacts } from '../prover/artifacts.ts';
import { ARTIFACT_FLAGS, readArtifacts } from './artifacts.ts';
import { refuseExisting, writeNew, type WriteOptions } from './files.ts';
import { NODE_FLAGS, connectNode, readUrl } from './gate.ts';
import { interruption } from './interruption.ts';
import { readPrivateKey } from './privateKey.ts';
import { facts, table } from './output.ts';
import { FORCE, addVerb, uintFlag, type Context, type Surroundings } from './verb.ts';

const DEFAULT_PORT = 8545n;

/** Adds `chain dev`, `chain deploy` and `chain doctor`. */
export function addChain(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'dev',
    summary: 'run a local chain with everything deployed, until Ctrl-C',
    optional: {
      '--port <number>': 'where it listens, 0 for any free one; 8545 if left out',
      '--out <file>': 'where the deployment goes',
      ...FORCE,
    },
    example: 'chain dev --port 8545 --out deployment.json',
    act: dev,
  });
  addVerb(noun, around, {
    name: 'deploy',
    summary: 'deploy the contracts',
    required: {
      '--rpc <url>': "the node's HTTP endpoint",
      '--key-file <file>': 'holds the private key of the account that pays, - for standard input',
    },
    optional: { '--out <file>': 'where the deployment goes', ...ARTIFACT_FLAGS, ...FORCE },
    example: 'chain deploy --rpc http://127.0.0.1:8545 --key-file key.txt --out deployment.json',
    act: deploy,
  });
  addVerb(noun, around, {
    name: 'doctor',
    summary: 'look whether a deployment fits the artifacts',
    required: NODE_FLAGS,
    optional: ARTIFACT_FLAGS,
    example: 'chain doctor --rpc http://127.0.0.1:8545 --deployment deployment.json',
    act: doctor,
  });
}

async function dev(context: Context): Promise<void> {
  const { flags, result, note, step } = context;
  const port = Number(uintFlag(flags, '--port', 16) ?? DEFAULT_PORT);
  const out = await plannedOut(context);
  const artifacts = await readArtifacts(context);
  const interrupted = interruption();
  const chain = await step('starting the chain', () => startLocalChain({ port }));
  try {
    const ready = await Promise.race([interrupted, furnish(context, chain, artifacts)]);
    if (!ready) return;
    const { deployment, token } = ready;
    if (out) await writeNew(out.path, toFile(deployment), out.options);
    const [key = '0x'] = LOCAL_KEYS;
    const account = privateKeyToAccount(key).address;
    result(
      {
        url: chain.url,
        deployment,
        token,
        account,
        publishedTestKey: key,
        out: out?.path,
        insecureDev: artifacts.insecureDev,
      },
      facts({
        url: chain.url,
        'chain id': deployment.chainId,
        ...deployment.contracts,
        ExampleToken: token,
        'test account': account,
        'its key (published, for local chains only)': key,
      }),
    );
    note('Running. Ctrl-C ends it.');
    await Promise.race([interrupted, chain.ended.then(refuseEnd)]);
  } finally {
    await chain.stop();
  }
}

function refuseEnd(): never {
  throw new EligoError('ChainUnavailable', 'the chain ended by itself');
}

async function furnish(
  { step }: Context,
  chain: LocalChain,
  artifacts: Artifacts,
): Promise<{ deployment: Deployment; token: string }> {
  const [privateKey = '0x'] = LOCAL_KEYS;
  const client = await connect({ url: chain.url, privateKey });
  return step('deploying', async (say) => {
    const onDeployed = ({ name }: DeployedContract): void => {
      say(name);
    };
    const deployment = await deployContracts(client, { artifacts, onDeployed });
    const token = await deployExampleToken(client);
    return { deployment, token: token.address };
  });
}

async function deploy(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const url = readUrl(flags);
  const out = await plannedOut(context);
  const artifacts = await readArtifacts(context);
  const privateKey = await readKey(context);
  const client: WriteClient = await connect({ url, privateKey });
  const contracts: DeployedContract[] = [];
  const deployment = await step('deploying', (say) =>
    deployContracts(client, {
      artifacts,
      onDeployed: (contract) => {
        contracts.push(contract);
        say(contract.name);
      },
    }),
  );
  if (out) await writeNew(out.path, toFile(deployment), out.options);
  result({ deployment, contracts, out: out?.path, insecureDev: artifacts.insecureDev }, [
    table(
      ['contract', 'address', 'gas'],
      contracts.map(({ name, address, gas }) => [name, address, gas.toString()]),
    ),
    out ? `The deployment is in ${out.path}.` : toFile(deployment).trimEnd(),
  ]);
}

async function readKey({ flags, read }: Context): Promise<Hex> {
  return readPrivateKey(await read(flags.text('--key-file'), '--key-file'), '--key-file');
}

async function doctor(context: Context): Promise<void> {
  const artifacts = await readArtifacts(context);
  const { client, deployment } = await connectNode(context);
  const findings = await context.step('looking', () => examine(client, { deployment, artifacts }));
  const healthy = findings.every(({ ok }) => ok);
  if (!healthy) process.exitCode = 1;
  context.result({ healthy, findings, insecureDev: artifacts.insecureDev }, [
    table(
      ['check', 'ok', 'detail'],
      findings.map(({ check, ok, detail }) => [check, ok ? 'yes' : 'NO', detail]),
    ),
    healthy ? 'Every check holds.' : 'Not every check holds.',
  ]);
}

/** Where `--out` will be written, refused early if something is there. @throws {InvalidInput} */
async function plannedOut({
  flags,
}: Context): Promise<{ readonly path: string; readonly options: WriteOptions } | undefined> {
  if (flags.find('--out') === undefined) return undefined;
  const planned = {
    path: flags.text('--out'),
    options: { flag: '--out', force: flags.on('--force') },
  };
  await refuseExisting(planned.path, planned.options);
  return planned;
}

function toFile(deployment: Deployment): string {
  return `${JSON.stringify(deployment, undefined, 2)}\n`;
}
