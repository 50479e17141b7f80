import { readFile, readdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { NO_CACHE, folderCache, storageCache } from '../../src/prover/artifactCache.ts';
import {
  ARTIFACTS,
  ARTIFACT_FILES,
  PACKAGE_ARTIFACTS,
  type ArtifactName,
} from '../../src/prover/artifacts.ts';
import { fetchArtifacts, type FetchOptions } from '../../src/prover/fetchArtifacts.ts';
import { sha256 } from '../../src/prover/sha256.ts';
import { makeStorage } from '../support/cacheStorage.ts';
import { makeRandom } from '../support/circuits/random.ts';
import { useFolders, useServers } from '../support/logs.ts';
import { rejected } from '../support/world.ts';

type Serve = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** A set with the package's verifying key; the other files are noise, long enough for many pieces. */
async function makeSet(): Promise<Map<string, Buffer>> {
  const random = makeRandom(7);
  const noise = Buffer.from(Array.from({ length: 400_000 }, () => random.below(256)));
  const files: Record<ArtifactName, Buffer> = {
    r1cs: noise.subarray(0, 10),
    plan: noise.subarray(0, 300_000),
    reference: noise.subarray(0, 40),
    zkey: noise.subarray(0, 20),
    pk: noise.subarray(100_000, 400_000),
    vkey: await readFile(`${PACKAGE_ARTIFACTS}vkey.json`),
    solidity: noise.subarray(0, 30),
  };
  const text = await readFile(`${PACKAGE_ARTIFACTS}manifest.json`, 'utf8');
  const manifest = JSON.parse(text) as Record<'sha256' | 'bytes', Record<string, string>>;
  for (const name of ARTIFACTS) {
    manifest.sha256[name] = await sha256(files[name]);
    manifest.bytes[name] = String(files[name].length);
  }
  const named = ARTIFACTS.map((name) => [ARTIFACT_FILES[name] as string, files[name]] as const);
  return new Map([...named, ['manifest.json', Buffer.from(JSON.stringify(manifest))]]);
}

/** Where a range that is asked for begins; 0 where none is. */
function beginOf(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

/** An honest server's answer, with Range. */
const honest: Serve = (request, response, body) => {
  const begin = beginOf(request);
  if (begin === 0) return void response.end(body);
  response.writeHead(206, { 'Content-Range': `bytes ${begin}-${body.length - 1}/${body.length}` });
  response.end(body.subarray(begin));
};

/** Sends so many bytes of what it is asked for, as an honest server would begin, and breaks the connection. */
function breakAfter(bytes: number): Serve {
  return (request, response, body) => {
    const begin = beginOf(request);
    const range = { 'Content-Range': `bytes ${begin}-${body.length - 1}/${body.length}` };
    response.writeHead(begin > 0 ? 206 : 200, {
      'Content-Length': body.length - begin,
      ...(begin > 0 && range),
    });
    response.write(body.subarray(begin, begin + bytes), () => response.destroy());
  };
}

/** Timers of this length never run out, but for one of them, which does at once. @returns the way back */
function fakeTimers(length: number, which: number): () => void {
  const real = globalThis.setTimeout;
  let made = 0;
  const fake = (act: () => void, milliseconds?: number, ...rest: []) => {
    if (milliseconds !== length) return real(act, milliseconds, ...rest);
    made += 1;
    return real(act, made === which ? 0 : 2 ** 31 - 1);
  };
  globalThis.setTimeout = fake as typeof real;
  return () => {
    globalThis.setTimeout = real;
  };
}

describe('prover/fetchArtifacts', () => {
  const makeFolder = useFolders();
  const serve = useServers();
  let set: Map<string, Buffer>;
  let asked: string[];
  let encodings: unknown[];
  before(async () => {
    set = await makeSet();
  });
  beforeEach(() => {
    asked = [];
    encodings = [];
  });

  /** Serves the set under /set/, and the witness plan as told: by the first rule, then by the second, ... */
  async function serving(...rules: readonly Serve[]): Promise<string> {
    const left = [...rules];
    const url = await serve((request, response) => {
      const file = (request.url ?? '').replace('/set/', '');
      asked.push(
        `${file}${request.headers.range === undefined ? '' : ` ${request.headers.range}`}`,
      );
      if (request.headers.range !== undefined) encodings.push(request.headers['accept-encoding']);
      const body = set.get(file);
      if (body === undefined) return void response.writeHead(404).end();
      const rule = file === 'eligibility.plan' ? (left.shift() ?? honest) : honest;
      rule(request, response, body);
    });
    return `${url}/set`;
  }

  const QUICK: FetchOptions = { cache: NO_CACHE, retryDelay: 1 };
  const planOf = async (url: string, options: FetchOptions = QUICK): Promise<Buffer> =>
    Buffer.from(await (await fetchArtifacts(url, options)).plan());
  const askedPlan = (): readonly string[] => asked.filter((line) => line.includes('.plan'));

  it('fetches what proving needs, and nothing of the set-up', async () => {
    const url = await serving();
    for (const base of [url, `${url}/`]) {
      asked = [];
      const artifacts = await fetchArtifacts(base, QUICK);
      expect(Buffer.from(await artifacts.plan()).equals(set.get('eligibility.plan')!)).to.equal(
        true,
      );
      expect(artifacts.insecureDev).to.equal(true);
      const needed = ['manifest.json', 'eligibility.pk', 'eligibility.plan', 'vkey.json'];
      expect(asked.toSorted()).to.deep.equal(needed.toSorted());
    }
  });

  it('fetches what verifying needs, and the rest when it is asked for', async () => {
    const artifacts = await fetchArtifacts(await serving(), { ...QUICK, purpose: 'verify' });
    expect(asked).to.deep.equal(['manifest.json', 'vkey.json']);
    expect((await artifacts.plan()).length).to.equal(300_000);
    expect(asked.slice(2)).to.deep.equal(['eligibility.plan']);
  });

  it('says how much there is, of files as they are, whatever encoding they travel in', async () => {
    const packed: Serve = (_, response, body) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(body));
    const steps: { received: number; total: number }[] = [];
    const options = { ...QUICK, onProgress: (step: (typeof steps)[0]) => steps.push(step) };
    expect(
      (await planOf(await serving(packed), options)).equals(set.get('eligibility.plan')!),
    ).to.equal(true);
    const total = 600_000 + set.get('vkey.json')!.length;
    expect(new Set(steps.map((step) => step.total))).to.deep.equal(new Set([total]));
    expect(steps.at(-1)!.received).to.equal(total);
    const counts = steps.map(({ received }) => received);
    expect(counts).to.deep.equal(counts.toSorted((a, b) => a - b));
  });

  describe('when the connection breaks', () => {
    it('asks for the rest, without an encoding, as often as it must', async () => {
      const url = await serving(breakAfter(100_000), breakAfter(50_000));
      expect((await planOf(url)).equals(set.get('eligibility.plan')!)).to.equal(true);
      const [first, second, third, ...others] = askedPlan();
      expect([first, others.length]).to.deep.equal(['eligibility.plan', 0]);
      expect(encodings).to.deep.equal(['identity', 'identity']);
      expect([second, third]).to.deep.equal([
        'eligibility.plan bytes=100000-',
        'eligibility.plan bytes=150000-',
      ]);
    });

    it('takes the whole from a server that gives no ranges', async () => {
      const whole: Serve = (_, response, body) => response.end(body);
      const url = await serving(breakAfter(100_000), whole);
      expect((await planOf(url)).equals(set.get('eligibility.plan')!)).to.equal(true);
      expect(askedPlan()).to.have.lengthOf(2);
    });

    const unusable: Readonly<Record<string, Serve>> = {
      'says that the range can not be': (_, response) => response.writeHead(416).end(),
      'gives another range': (_, response, body) =>
        response.writeHead(206, { 'Content-Range': 'bytes 5-9/300000' }).end(body.subarray(5, 10)),
      'gives the range of an encoding': (_, response, body) =>
        response
          .writeHead(206, { 'Content-Range': 'bytes 100000-', 'Content-Encoding': 'gzip' })
          .end(gzipSync(body)),
      'gives another rest': (request, response, body) => {
        honest(request, response, Buffer.alloc(body.length));
      },
      'gives a longer rest': (request, response, body) => {
        honest(request, response, Buffer.concat([body, body]));
      },
    };
    for (const [what, answer] of Object.entries(unusable)) {
      it(`begins again with a server that ${what}`, async () => {
        const url = await serving(breakAfter(100_000), answer);
        expect((await planOf(url)).equals(set.get('eligibility.plan')!)).to.equal(true);
        expect(askedPlan().at(-1)).to.equal('eligibility.plan');
      });
    }

    it('gives up when nothing comes any more, and keeps what there is for the next time', async () => {
      const folder = await makeFolder();
      const options = { ...QUICK, cache: folderCache(folder) };
      const nothing: Serve = (_, response) => response.destroy();
      const url = await serving(breakAfter(100_000), nothing, nothing, nothing);
      const error = await rejected(planOf(url, options));
      expect(error.code).to.equal('SourceUnavailable');
      expect(error.data['file']).to.equal('eligibility.plan');
      expect(askedPlan()).to.have.lengthOf(4);

      expect((await planOf(url, options)).equals(set.get('eligibility.plan')!)).to.equal(true);
      expect(askedPlan().at(-1)).to.equal('eligibility.plan bytes=100000-');
      expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
    });

    it('begins again where what was kept is of another file', async () => {
      const folder = await makeFolder();
      const hash = await sha256(set.get('eligibility.plan')!);
      await writeFile(join(folder, `${hash}.part`), Buffer.alloc(1_000));
      const plan = await planOf(await serving(), { ...QUICK, cache: folderCache(folder) });
      expect(plan.equals(set.get('eligibility.plan')!)).to.equal(true);
      expect(askedPlan()).to.deep.equal(['eligibility.plan bytes=1000-', 'eligibility.plan']);
    });

    it('gives up a server that never comes to the end', async () => {
      const short: Serve = (_, response, body) => response.end(body.subarray(0, -1));
      const url = await serving(...new Array<Serve>(20).fill(short));
      expect((await rejected(planOf(url))).code).to.equal('SourceUnavailable');
      expect(askedPlan().length).to.be.below(10);
    });

    it('gives up a connection that says nothing, and asks for the rest', async () => {
      const stall: Serve = (_, response, body) => {
        response.writeHead(200, { 'Content-Length': body.length });
        response.write(body.subarray(0, 1_000));
      };
      const options = { ...QUICK, timeout: 12_345, purpose: 'verify' } as const;
      const artifacts = await fetchArtifacts(await serving(stall), options);
      // The connection's first timer is set when it is asked, the next for the answer, the third for the bytes.
      const restore = fakeTimers(options.timeout, 3);
      try {
        const plan = Buffer.from(await artifacts.plan());
        expect(plan.equals(set.get('eligibility.plan')!)).to.equal(true);
      } finally {
        restore();
      }
      expect(askedPlan().at(-1)).to.equal('eligibility.plan bytes=1000-');
    });
  });

  describe('when the server refuses', () => {
    const answer =
      (status: number): Serve =>
      (_, response) =>
        void response.writeHead(status).end('x'.repeat(10_000));
    it('says at once that a file is not there', async () => {
      expect((await planOf(await serving())).length).to.equal(300_000);
      asked = [];
      const error = await rejected(planOf(await serving(answer(404))));
      expect(error.code).to.equal('ArtifactMissing');
      expect(error.data['file']).to.equal('eligibility.plan');
      expect(askedPlan()).to.have.lengthOf(1);
    });
    it('says at once that it may not have it', async () => {
      const error = await rejected(planOf(await serving(answer(403))));
      expect(error.code).to.equal('SourceUnavailable');
      expect(error.message).to.match(/does not give eligibility.plan: the answer is 403$/);
      expect(askedPlan()).to.have.lengthOf(1);
    });
    it('asks again where the server has trouble', async () => {
      const url = await serving(answer(503), answer(429), breakAfter(1), answer(500));
      expect((await planOf(url)).length).to.equal(300_000);
    });
    it('says that there is no manifest, or none that it can read', async () => {
      const url = await serving();
      expect((await rejected(fetchArtifacts(`${url}/other`, QUICK))).code).to.equal(
        'ArtifactMissing',
      );
      const lies: Readonly<Record<string, string>> = {
        InvalidInput: '{}',
        SourceUnavailable: ' '.repeat(20_000),
      };
      for (const [code, text] of Object.entries(lies)) {
        const other = await serve((_, response) => response.end(text));
        expect((await rejected(fetchArtifacts(other, QUICK))).code).to.equal(code);
      }
    });
  });

  describe('when a file is another than the manifest says', () => {
    const lies: Readonly<Record<string, Serve>> = {
      'of the same length': (_, response, body) => response.end(Buffer.alloc(body.length)),
      longer: (_, response, body) => response.end(Buffer.concat([body, Buffer.alloc(1)])),
    };
    for (const [what, lie] of Object.entries(lies)) {
      it(`refuses one that is ${what}, and keeps nothing of it`, async () => {
        const folder = await makeFolder();
        const url = await serving(lie);
        const error = await rejected(planOf(url, { ...QUICK, cache: folderCache(folder) }));
        expect(error.code).to.equal('ArtifactMismatch');
        expect(error.data['file']).to.equal('eligibility.plan');
        const hash = await sha256(set.get('eligibility.plan')!);
        const kept = await readdir(folder).catch(() => []);
        expect(kept.filter((name) => name.startsWith(hash))).to.deep.equal([]);
      });
    }
  });

  describe('the cache', () => {
    it('makes a second visit ask for the manifest only', async () => {
      const options = { ...QUICK, cache: folderCache(await makeFolder()) };
      const url = await serving();
      await fetchArtifacts(url, options);
      asked = [];
      const counts: number[] = [];
      const onProgress = ({ received }: { received: number }) => counts.push(received);
      expect((await planOf(url, { ...options, onProgress })).length).to.equal(300_000);
      expect(asked).to.deep.equal(['manifest.json']);
      expect(counts.at(-1)).to.equal(600_000 + set.get('vkey.json')!.length);
    });

    it('throws an entry with another byte away, and fetches the file again', async () => {
      const folder = await makeFolder();
      const options = { ...QUICK, cache: folderCache(folder) };
      const url = await serving();
      await fetchArtifacts(url, options);
      const entry = join(folder, await sha256(set.get('eligibility.plan')!));
      const bytes = await readFile(entry);
      await writeFile(entry, bytes.with(5, bytes[5]! ^ 1));
      asked = [];
      expect((await planOf(url, options)).equals(bytes)).to.equal(true);
      expect(asked).to.deep.equal(['manifest.json', 'eligibility.plan']);
      expect((await readFile(entry)).equals(bytes)).to.equal(true);
    });

    /** Serves a set of which one file is another, so that its hash is, too. */
    async function servingOther(changed: 'pk' | 'plan', ...rules: readonly Serve[]) {
      const original = set;
      const file = ARTIFACT_FILES[changed];
      const bytes = set.get(file)!.with(0, set.get(file)![0]! ^ 1);
      const manifest = JSON.parse(set.get('manifest.json')!.toString()) as {
        sha256: Record<string, string>;
      };
      manifest.sha256[changed] = await sha256(bytes);
      set = new Map([
        ...original,
        [file, Buffer.from(bytes)],
        ['manifest.json', Buffer.from(JSON.stringify(manifest))],
      ]);
      return { url: await serving(...rules), restore: () => (set = original) };
    }

    for (const place of ['a folder', 'Cache Storage'] as const)
      it(`in ${place} drops what the set has no more when another one is there, and not before`, async () => {
        const { storage, kept } = makeStorage();
        const folder = await makeFolder();
        const cache = place === 'a folder' ? folderCache(folder) : storageCache(storage);
        const names = async (): Promise<readonly string[]> =>
          place === 'a folder'
            ? await readdir(folder)
            : [...kept.keys()].map((url) => url.split('/').at(-1)!);
        const options = { ...QUICK, cache };
        await fetchArtifacts(await serving(), options);
        const before = await names();
        expect(before).to.have.lengthOf(3);

        const nothing: Serve = (_, response) => response.destroy();
        const rules = [breakAfter(1_000), nothing, nothing, nothing];
        const { url, restore } = await servingOther('plan', ...rules);
        try {
          expect((await rejected(fetchArtifacts(url, options))).code).to.equal('SourceUnavailable');
          expect(await names(), 'while it is incomplete').to.include.members([...before]);

          await fetchArtifacts(url, options);
          const hashes = ['eligibility.pk', 'eligibility.plan', 'vkey.json'].map((file) =>
            sha256(set.get(file)!),
          );
          expect((await names()).toSorted()).to.deep.equal((await Promise.all(hashes)).sort());
        } finally {
          restore();
        }
      });

    it('keeps what it has not read while nothing is new', async () => {
      const folder = await makeFolder();
      const options = { ...QUICK, cache: folderCache(folder) };
      const url = await serving();
      await fetchArtifacts(url, options);
      await writeFile(join(folder, 'd'.repeat(64)), '');
      await fetchArtifacts(url, options);
      expect(await readdir(folder)).to.include('d'.repeat(64));
    });

    it('serves two at once, and is whole afterwards', async () => {
      const folder = await makeFolder();
      const options = { ...QUICK, cache: folderCache(folder) };
      const url = await serving(breakAfter(100_000), breakAfter(200_000));
      const both = await Promise.all([planOf(url, options), planOf(url, options)]);
      for (const plan of both) expect(plan.equals(set.get('eligibility.plan')!)).to.equal(true);
      expect(await readdir(folder)).to.have.lengthOf(3);
      for (const name of await readdir(folder))
        expect(await sha256(await readFile(join(folder, name)))).to.equal(name);
    });
  });

  describe('when it is aborted', () => {
    it("ends with the signal's reason, and continues at the next call", async () => {
      const options = { ...QUICK, cache: folderCache(await makeFolder()) };
      const stop = new AbortController();
      const reason = new Error('the tab is closed');
      const stall: Serve = (_, response, body) => {
        response.writeHead(200, { 'Content-Length': body.length });
        response.write(body.subarray(0, 50_000));
      };
      const url = await serving(stall);
      const rest = 300_000 + set.get('vkey.json')!.length;
      const onProgress = ({ received }: { received: number }): void => {
        if (received === rest + 50_000) stop.abort(reason);
      };
      const ended = await fetchArtifacts(url, {
        ...options,
        signal: stop.signal,
        onProgress,
      }).catch((error: unknown) => error);
      expect(ended).to.equal(reason);
      asked = [];
      expect((await planOf(url, options)).equals(set.get('eligibility.plan')!)).to.equal(true);
      expect(asked).to.deep.equal(['manifest.json', 'eligibility.plan bytes=50000-']);
    });
    it('asks for nothing if it was aborted before', async () => {
      const url = await serving();
      const reason = new Error('no');
      const ended = await fetchArtifacts(url, {
        ...QUICK,
        signal: AbortSignal.abort(reason),
      }).catch((error: unknown) => error);
      expect(ended).to.equal(reason);
      expect(asked).to.deep.equal([]);
    });
  });

  it('takes no URL of another kind, and none with a password, and repeats neither', async () => {
    for (const url of ['ftp://host/set', 'set', 'http://user:hunter2@host/set']) {
      const error = await rejected(fetchArtifacts(url, QUICK));
      expect(error.code).to.equal('InvalidInput');
      expect(error.message).to.not.match(/hunter2|ftp/);
    }
  });
});
