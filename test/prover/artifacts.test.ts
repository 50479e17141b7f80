import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  ARTIFACT_FILES,
  PACKAGE_ARTIFACTS,
  loadArtifacts,
  readManifest,
  type ArtifactName,
  type ArtifactReader,
} from '../../src/prover/artifacts.ts';
import { checkArtifacts } from '../../src/prover/checkArtifacts.ts';
import { packKey } from '../../src/prover/packKey.ts';
import { sha256 } from '../../src/prover/sha256.ts';
import { makeRandom } from '../support/circuits/random.ts';
import { sectionsOf } from '../support/kernel/files.ts';
import { makeZkey } from '../support/keyPoints.ts';
import { rejected, thrown } from '../support/world.ts';

const FILES = ['manifest.json', ...Object.values(ARTIFACT_FILES)];
const packageFile: ArtifactReader = (name) => readFile(`${PACKAGE_ARTIFACTS}${name}`);

/** Reads the package's set, one file of it replaced. */
function replacing(file: string, replace: (bytes: Uint8Array) => Uint8Array): ArtifactReader {
  return async (name) => {
    const bytes = await packageFile(name);
    return name === file ? replace(Uint8Array.from(bytes)) : bytes;
  };
}

/** The package's set with another file, whose hash the manifest names. */
async function withFile(name: ArtifactName, bytes: Uint8Array): Promise<ArtifactReader> {
  const manifest = JSON.parse((await packageFile('manifest.json')).toString()) as {
    sha256: Record<string, string>;
  };
  manifest.sha256[name] = await sha256(bytes);
  return async (file) => {
    if (file === 'manifest.json') return Buffer.from(JSON.stringify(manifest));
    return file === ARTIFACT_FILES[name] ? bytes : packageFile(file);
  };
}

/** The package's set with another verifying key, whose hash the manifest names. */
async function withVerifyingKey(
  change: (key: Record<string, unknown>) => void,
): Promise<ArtifactReader> {
  const key = JSON.parse((await packageFile('vkey.json')).toString()) as Record<string, unknown>;
  change(key);
  return withFile('vkey', Buffer.from(JSON.stringify(key)));
}

/** Loads a set and asks it for everything that proving needs. */
async function useAll(source: string | ArtifactReader): Promise<void> {
  const artifacts = await loadArtifacts(source);
  await artifacts.plan();
  await artifacts.zkey();
}

describe('prover/artifacts', () => {
  it("loads the package's own set, marked as development keys", async () => {
    const artifacts = await loadArtifacts();
    const manifest = readManifest((await packageFile('manifest.json')).toString());
    expect(artifacts.manifest).to.deep.equal(manifest);
    expect(artifacts.circuit).to.equal(manifest.sha256.r1cs);
    expect(artifacts.insecureDev).to.equal(true);
    expect(artifacts.verifyingKey.IC).to.have.lengthOf(6);
  });

  it('loads a folder, with and without a slash, and a reader alike', async () => {
    const sets = await Promise.all(
      [PACKAGE_ARTIFACTS, PACKAGE_ARTIFACTS.slice(0, -1), packageFile].map(loadArtifacts),
    );
    expect(new Set(sets.map(({ circuit }) => circuit)).size).to.equal(1);
  });

  it('gives the bytes of the witness plan, of its reference and of the zkey, the same ones at every call', async () => {
    const { plan, reference, zkey } = await loadArtifacts();
    expect(await sha256(await plan())).to.equal(
      await sha256(await packageFile('eligibility.plan')),
    );
    expect(await sha256(await reference())).to.equal(
      await sha256(await packageFile('eligibility.wasm')),
    );
    expect((await plan()) === (await plan())).to.equal(true);
    expect((await reference()) === (await reference())).to.equal(true);
    expect((await zkey()) === (await zkey())).to.equal(true);
  });

  it('reads no file before it is asked for: not those of the set-up at all', async () => {
    const read: string[] = [];
    const reader: ArtifactReader = (name) => {
      read.push(name);
      return packageFile(name);
    };
    const artifacts = await loadArtifacts(reader);
    expect(read).to.deep.equal(['manifest.json', 'vkey.json']);
    await artifacts.plan();
    await Promise.all([artifacts.zkey(), artifacts.zkey(), artifacts.plan()]);
    expect(read.slice(2)).to.deep.equal(['eligibility.plan', 'eligibility.pk']);
  });

  it('asks again for a file that could not be read', async () => {
    let failures = 1;
    const artifacts = await loadArtifacts((name) =>
      name === 'eligibility.plan' && failures-- > 0
        ? Promise.reject(new Error('not now'))
        : packageFile(name),
    );
    expect(await artifacts.plan().catch((error: unknown) => String(error))).to.equal(
      'Error: not now',
    );
    expect((await artifacts.plan()).length).to.be.above(300_000);
  });

  for (const name of ['vkey', 'plan', 'pk'] as const) {
    const file = ARTIFACT_FILES[name];
    it(`refuses ${file} with one byte changed, and says which hashes`, async () => {
      const reader = replacing(file, (bytes) =>
        bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1),
      );
      const error = await rejected(useAll(reader));
      expect(error.code).to.equal('ArtifactMismatch');
      expect(error.data['file']).to.equal(file);
      expect(error.data['found']).to.match(/^[0-9a-f]{64}$/);
      expect(error.message).to.include(error.data['expected']);
    });
    it(`refuses ${file} one byte short`, async () => {
      const reader = replacing(file, (bytes) => bytes.slice(0, -1));
      expect((await rejected(useAll(reader))).code).to.equal('ArtifactMismatch');
    });
  }

  it('refuses the packed key of another zkey, correctly named by the manifest', async () => {
    const other = makeZkey(makeRandom(1), { wires: 4, publics: 1, rows: 4 });
    const reader = await withFile('pk', await packKey(other));
    const error = await rejected(useAll(reader));
    expect(error.code).to.equal('ArtifactMismatch');
    expect(error.data['found']).to.equal(await sha256(other));
  });

  describe('given a folder without one of its files', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eligo-artifacts-'));
      for (const file of FILES) await symlink(`${PACKAGE_ARTIFACTS}${file}`, join(folder, file));
    });
    afterEach(() => rm(folder, { recursive: true }));

    for (const file of ['manifest.json', 'vkey.json', 'eligibility.plan', 'eligibility.pk']) {
      it(`says that ${file} is missing, and where`, async () => {
        if (file === 'eligibility.pk') await rm(join(folder, 'eligibility.zkey'));
        await useAll(folder);
        await rm(join(folder, file));
        const error = await rejected(useAll(folder));
        expect(error.code).to.equal('ArtifactMissing');
        expect(error.data).to.deep.equal({ file, folder });
      });
    }
    it('takes the zkey that is there, and does without the packed key then', async () => {
      const expanded = await (await loadArtifacts(packageFile)).zkey();
      const whole = await (await loadArtifacts(folder)).zkey();
      expect(whole).to.deep.equal(await packageFile('eligibility.zkey'));
      const proving = sectionsOf(whole).filter(([id]) => id < 10);
      expect(new Map(proving)).to.deep.equal(new Map(sectionsOf(expanded)));
      await rm(join(folder, 'eligibility.pk'));
      await useAll(folder);
    });
    it('refuses a zkey with one byte changed, though the packed key is there', async () => {
      const bytes = await packageFile('eligibility.zkey');
      await useAll(folder);
      await rm(join(folder, 'eligibility.zkey'));
      await writeFile(join(folder, 'eligibility.zkey'), bytes.with(99, bytes[99]! ^ 1));
      expect((await rejected(useAll(folder))).code).to.equal('ArtifactMismatch');
    });
    it('needs neither the r1cs, nor the zkey, nor the reference, nor VerifyingKey.sol', async () => {
      for (const name of ['r1cs', 'zkey', 'reference', 'solidity'] as const)
        await rm(join(folder, ARTIFACT_FILES[name]));
      await useAll(folder);
      expect((await rejected(checkArtifacts(folder))).code).to.equal('ArtifactMissing');
    });
  });

  it("a browser's first visit fetches at most 4 MB: what proving needs, and the kernel", async () => {
    const kernel = fileURLToPath(new URL('../../dist/kernel/', import.meta.url));
    const code = (await readdir(kernel, { recursive: true })).filter((file) => /\.js$/.test(file));
    const files = [
      ...(['pk', 'plan', 'vkey'] as const).map((name) => packageFile(ARTIFACT_FILES[name])),
      ...code.map((file) => readFile(join(kernel, file))),
    ];
    const sizes = (await Promise.all(files)).map((bytes) => gzipSync(bytes).length);
    expect(code).to.include.members(['modules/fma.js', 'modules/i64.js']);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.below(4_000_000);
  });

  describe('checkArtifacts', () => {
    it("accepts the package's set, and loads it", async () => {
      expect((await checkArtifacts(PACKAGE_ARTIFACTS)).insecureDev).to.equal(true);
    });
    for (const [name, file] of Object.entries(ARTIFACT_FILES)) {
      it(`refuses another ${name}`, async () => {
        const reader = replacing(file, (bytes) =>
          bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1),
        );
        const error = await rejected(checkArtifacts(reader));
        expect(error.code).to.equal('ArtifactMismatch');
        expect(error.data['file']).to.equal(file);
      });
    }
    it("refuses another circuit's witness plan, though the manifest names it", async () => {
      const plan = await packageFile('eligibility.plan');
      await checkArtifacts(await withFile('plan', plan));
      const other = plan.with(12, plan[12]! ^ 1); // in the hash of its circuit
      const error = await rejected(checkArtifacts(await withFile('plan', other)));
      expect(error.code).to.equal('ArtifactMismatch');
      expect(error.message).to.include("it is another circuit's");
    });
    it("refuses a packed key that takes the zkey's name and expands to another", async () => {
      const packed = await packKey(makeZkey(makeRandom(1), { wires: 4, publics: 1, rows: 4 }));
      packed.set(Buffer.from(await sha256(await packageFile('eligibility.zkey')), 'hex'), 12);
      const reader = await withFile('pk', packed);
      await useAll(reader);
      const error = await rejected(checkArtifacts(reader));
      expect(error.message).to.equal('eligibility.pk expands to another key than eligibility.zkey');
    });
  });

  describe('S1: given a verifying key that anybody can forge under, correctly named by its manifest', () => {
    it('loads the untouched key', async () => {
      expect((await loadArtifacts(await withVerifyingKey(() => undefined))).insecureDev).to.equal(
        true,
      );
    });
    it('refuses gamma = delta', async () => {
      const reader = await withVerifyingKey((key) => (key['vk_delta_2'] = key['vk_gamma_2']));
      expect((await rejected(loadArtifacts(reader))).code).to.equal('InsecureKey');
    });
  });

  describe('readManifest', () => {
    type Loose = Record<string, unknown> & {
      setup: Record<string, unknown>;
      sha256: Record<string, unknown>;
      bytes: Record<string, unknown>;
    };
    const faults: readonly (readonly [string, (manifest: Loose) => void, string])[] = [
      ['another kind', (m) => (m['eligo'] = 'artifacts/1'), 'manifest.eligo'],
      ['an unknown marking', (m) => (m['security'] = 'SECURE'), 'manifest.security'],
      ['an unknown key', (m) => (m['note'] = ''), 'manifest'],
      ['a number', (m) => (m['constraints'] = 8169), 'manifest.constraints'],
      ['a missing hash', (m) => delete m.sha256['zkey'], 'manifest.sha256.zkey'],
      ['a hash in capitals', (m) => (m.sha256['zkey'] = 'AB'.repeat(32)), 'manifest.sha256.zkey'],
      ['a missing length', (m) => delete m.bytes['pk'], 'manifest.bytes.pk'],
      ['a length of 0', (m) => (m.bytes['pk'] = '0'), 'manifest.bytes.pk'],
      ['a length beyond all memory', (m) => (m.bytes['pk'] = '100000000'), 'manifest.bytes.pk'],
      ['no word on its set-up', (m) => delete m.setup['beacon'], 'manifest.setup.beacon'],
    ];
    for (const [name, change, field] of faults) {
      it(`refuses ${name}`, async () => {
        const text = (await packageFile('manifest.json')).toString();
        const manifest = JSON.parse(text) as Loose;
        expect(readManifest(JSON.stringify(manifest)).security).to.equal('INSECURE-DEV');
        change(manifest);
        expect(thrown(() => readManifest(JSON.stringify(manifest))).data['field']).to.equal(field);
      });
    }
    it('refuses a manifest that is no JSON, or names a hash twice', () => {
      expect(thrown(() => readManifest('')).code).to.equal('InvalidInput');
      expect(
        thrown(() => readManifest('{"eligo":"artifacts/3","eligo":"artifacts/3"}')).message,
      ).to.include('twice');
    });
  });

  it('hashes as sha256 does', async () => {
    expect(await sha256(Buffer.from('abc'))).to.equal(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
