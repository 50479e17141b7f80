/**
 * `eligo setup`: proving keys of one's own, from a Powers-of-Tau file.
 * @module
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { invalidInput } from '../errors.ts';
import { ARTIFACT_FILES, PACKAGE_ARTIFACTS } from '../prover/artifacts.ts';
import { checkArtifacts } from '../prover/checkArtifacts.ts';
import { runCeremony } from '../prover/setup.ts';
import { refuseFilled } from './files.ts';
import { facts } from './output.ts';
import { fillVerb, type Context, type Flags, type Surroundings } from './verb.ts';

/** Makes a command `setup`. */
export function addSetup(command: Command, around: Surroundings): void {
  fillVerb(command, around, {
    required: {
      '--ptau <file>': 'a published Powers-of-Tau file, prepared for phase 2, of power 13 to 20',
      '--out <folder>': 'where the set of artifacts goes',
    },
    optional: {
      '--beacon <hex>':
        'public randomness, 32 bytes, drawn after the contribution; random if left out',
      '--accept-hash <hex>': "blake2b-512 of a file of your own, in place of the published files'",
      '--force': 'write into a folder that is not empty',
    },
    example: 'setup --ptau powersOfTau28_hez_final_15.ptau --out keys',
    act: setUp,
  });
}

async function setUp(context: Context): Promise<void> {
  const { flags, result, note, step } = context;
  const out = flags.text('--out');
  await refuseFilled(out, { flag: '--out', force: flags.on('--force') });
  const beacon = hexFlag(flags, '--beacon', 32);
  const accepted = hexFlag(flags, '--accept-hash', 64);
  if (accepted !== undefined) {
    note(`WARNING: accepting a Powers-of-Tau file by your own word (blake2b-512 ${accepted}).`);
    note(
      'WARNING: whoever made it may know its trapdoor, and forge. Verify its ceremony yourself.',
    );
  }
  const own = await checkArtifacts(PACKAGE_ARTIFACTS);
  const files = {
    r1cs: join(PACKAGE_ARTIFACTS, ARTIFACT_FILES.r1cs),
    plan: join(PACKAGE_ARTIFACTS, ARTIFACT_FILES.plan),
    reference: join(PACKAGE_ARTIFACTS, ARTIFACT_FILES.reference),
    powersOfTau: flags.text('--ptau'),
    out,
    constraints: Number(own.manifest.constraints),
  };
  const options = {
    ...(beacon !== undefined && { beacon }),
    ...(accepted !== undefined && { acceptedHashes: [accepted] }),
  };
  await step('making keys', (say) => runCeremony(files, options, say));
  const { manifest, circuit } = await checkArtifacts(out);
  result(
    { out, circuit, published: accepted === undefined, manifest },
    facts({
      keys: out,
      circuit,
      'Powers of Tau': `${manifest.setup.powersOfTau}${accepted === undefined ? '' : ' (not published)'}`,
      beacon: manifest.setup.beacon,
      security: manifest.security,
    }),
  );
}

/** Bytes in hex, with or without 0x, as lower-case digits. @throws {InvalidInput} */
function hexFlag(flags: Flags, flag: string, bytes: number): string | undefined {
  const text = flags.find(flag);
  if (text === undefined) return undefined;
  const digits = text.toLowerCase().replace(/^0x/, '');
  if (digits.length !== 2 * bytes || !/^[0-9a-f]*$/.test(digits))
    throw invalidInput(flag, text, `must be ${bytes} bytes in hex`);
  return digits;
}
