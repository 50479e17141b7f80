import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  ARTIFACT_FILES,
  PACKAGE_ARTIFACTS,
  loadArtifacts,
  readManifest,
  sha256,
  type ArtifactName,
  type ArtifactReader,
} from '../../src/prover/artifacts.ts';
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

/** The package's set with another verifying key, whose hash the manifest names. */
async function withVerifyingKey(
  change: (key: Record<string, unknown>) => void,
): Promise<ArtifactReader> {
  const key = JSON.parse((await packageFile('vkey.json')).toString()) as Record<string, unknown>;
  change(key);
  const vkey = Buffer.from(JSON.stringify(key));
  const manifest = JSON.parse((await packageFile('manifest.json')).toString()) as {
    sha256: Record<string, string>;
  };
  manifest.sha256['vkey'] = await sha256(vkey);
  return async (name) => {
    if (name === 'manifest.json') return Buffer.from(JSON.stringify(manifest));
    return name === 'vkey.json' ? vkey : packageFile(name);
  };
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

  for (const name of Object.keys(ARTIFACT_FILES) as ArtifactName[]) {
    const file = ARTIFACT_FILES[name];
    it(`refuses ${file} with one byte changed, and says which hashes`, async () => {
      const reader = replacing(file, (bytes) =>
        bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1),
      );
      const error = await rejected(loadArtifacts(reader));
      expect(error.code).to.equal('ArtifactMismatch');
      expect(error.data['file']).to.equal(file);
      expect(error.data['found']).to.match(/^[0-9a-f]{64}$/);
      expect(error.message).to.include(error.data['expected']);
    });
    it(`refuses ${file} one byte short`, async () => {
      const reader = replacing(file, (bytes) => bytes.slice(0, -1));
      expect((await rejected(loadArtifacts(reader))).code).to.equal('ArtifactMismatch');
    });
  }

  describe('given a folder without one of its files', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eligo-artifacts-'));
      for (const file of FILES) await symlink(`${PACKAGE_ARTIFACTS}${file}`, join(folder, file));
    });
    afterEach(() => rm(folder, { recursive: true }));

    for (const file of FILES) {
      it(`says that ${file} is missing, and where`, async () => {
        expect((await loadArtifacts(folder)).insecureDev).to.equal(true);
        await rm(join(folder, file));
        const error = await rejected(loadArtifacts(folder));
        expect(error.code).to.equal('ArtifactMissing');
        expect(error.data).to.deep.equal({ file, folder });
      });
    }
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
    };
    const faults: readonly (readonly [string, (manifest: Loose) => void, string])[] = [
      ['another kind', (m) => (m['eligo'] = 'artifacts/2'), 'manifest.eligo'],
      ['an unknown marking', (m) => (m['security'] = 'SECURE'), 'manifest.security'],
      ['an unknown key', (m) => (m['note'] = ''), 'manifest'],
      ['a number', (m) => (m['constraints'] = 8169), 'manifest.constraints'],
      ['a missing hash', (m) => delete m.sha256['zkey'], 'manifest.sha256.zkey'],
      ['a hash in capitals', (m) => (m.sha256['zkey'] = 'AB'.repeat(32)), 'manifest.sha256.zkey'],
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
        thrown(() => readManifest('{"eligo":"artifacts/1","eligo":"artifacts/1"}')).message,
      ).to.include('twice');
    });
  });

  it('hashes as sha256 does', async () => {
    expect(await sha256(Buffer.from('abc'))).to.equal(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
