import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { openGateway, openMirror } from '../../src/chain/mirror.ts';
import { useFolders, useServers } from '../support/logs.ts';
import { rejected, thrown } from '../support/world.ts';

const LIMIT = 1_000;

describe('chain/mirror', () => {
  const makeFolder = useFolders();
  const serve = useServers();

  describe('a folder', () => {
    it('gives the bytes of a file, up to the limit', async () => {
      const folder = await makeFolder();
      await writeFile(join(folder, 'a'), 'x'.repeat(LIMIT));
      const mirror = openMirror(folder);
      expect((await mirror.read('a', LIMIT)).length).to.equal(LIMIT);
      const error = await rejected(mirror.read('a', LIMIT - 1));
      expect(error.code).to.equal('InvalidInput');
      expect(error.message).to.equal('a must be at most 999 bytes long');
    });

    it('says what is not there', async () => {
      const folder = await makeFolder();
      const error = await rejected(openMirror(folder).read('a', LIMIT));
      expect(error.code).to.equal('SourceUnavailable');
      expect(error.message).to.equal(`${folder} does not give a: ENOENT`);
    });

    it('reads nothing that is no file', async () => {
      const folder = await makeFolder();
      await mkdir(join(folder, 'a'));
      expect((await rejected(openMirror(folder).read('a', 1_000_000))).message).to.equal(
        'a must be a file',
      );
    });

    it('does not wait for a pipe that nobody writes to', async () => {
      const folder = await makeFolder();
      execFileSync('mkfifo', [join(folder, 'a')]);
      expect((await rejected(openMirror(folder).read('a', LIMIT))).message).to.equal(
        'a must be a file',
      );
    });
  });

  describe('a web server', () => {
    /** Serves "/base/a" honestly, and everything else as told. */
    const mirrorOf = async (lie: RequestListener, timeout = 5_000) => {
      const url = await serve((request, response) => {
        if (request.url === '/base/a') response.end('honest');
        else lie(request, response);
      });
      return openMirror(`${url}/base/`, { timeout });
    };

    const lies: Readonly<Record<string, readonly [RequestListener, string, RegExp]>> = {
      'a file that is not there': [
        (_, response) => response.writeHead(404).end(),
        'SourceUnavailable',
        /does not give b: the answer is 404$/,
      ],
      'an error of its own': [
        (_, response) => response.writeHead(500).end('x'.repeat(100_000)),
        'SourceUnavailable',
        /the answer is 500$/,
      ],
      'a file that is too long, and says so': [
        (_, response) => response.end('x'.repeat(LIMIT + 1)),
        'InvalidInput',
        /^b must be at most 1000 bytes long$/,
      ],
      'a file without end': [
        (_, response) => {
          const more = (): void => {
            while (response.write('x'.repeat(65_536)));
          };
          response.on('drain', more);
          more();
        },
        'InvalidInput',
        /^b must be at most 1000 bytes long$/,
      ],
      'less than it announces': [
        (_, response) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('x'.repeat(50), () => response.destroy());
        },
        'SourceUnavailable',
        /does not give b: /,
      ],
      'redirects in a circle': [
        (_, response) => response.writeHead(302, { location: '/base/b' }).end(),
        'SourceUnavailable',
        /does not give b: redirect count exceeded$/,
      ],
    };
    for (const [name, [lie, code, message]] of Object.entries(lies)) {
      it(`may give ${name}`, async () => {
        const mirror = await mirrorOf(lie);
        expect(Buffer.from(await mirror.read('a', LIMIT)).toString()).to.equal('honest');
        const error = await rejected(mirror.read('b', LIMIT));
        expect(error.code).to.equal(code);
        expect(error.message).to.match(message);
      });
    }

    for (const [name, stall] of Object.entries<RequestListener>({
      'never answers': () => undefined,
      'stops in the middle': (_, response) => response.write('x'),
    })) {
      it(`is left where it ${name}`, async () => {
        const mirror = await mirrorOf(stall, 50);
        const error = await rejected(mirror.read('b', LIMIT));
        expect(error.code).to.equal('SourceUnavailable');
        expect(error.message).to.match(/does not give b: not whole after 50 ms$/);
      });
    }

    it('may redirect, keeps its query, and is named without it', async () => {
      const asked: string[] = [];
      const url = await serve((request, response) => {
        asked.push(request.url ?? '');
        if (request.url?.startsWith('/x/a')) response.writeHead(302, { location: '/y' }).end();
        else if (request.url === '/y') response.end('moved');
        else response.writeHead(403).end();
      });
      const mirror = openMirror(`${url}/x?key=hidden`);
      expect(Buffer.from(await mirror.read('a', LIMIT)).toString()).to.equal('moved');
      expect(asked).to.deep.equal(['/x/a?key=hidden', '/y']);
      const error = await rejected(openMirror(`${url}/z?key=hidden`).read('a', LIMIT));
      expect(error.message).to.equal(`${new URL(url).host} does not give a: the answer is 403`);
      expect(JSON.stringify(error.data)).not.to.include('hidden');
    });

    it('may not be there', async () => {
      const error = await rejected(openMirror('http://127.0.0.1:1').read('a', LIMIT));
      expect(error.code).to.equal('SourceUnavailable');
      expect(error.message).to.match(/^127\.0\.0\.1:1 does not give a: /);
    });
  });

  describe('an IPFS gateway', () => {
    it('is asked for raw blocks', async () => {
      const asked: string[] = [];
      const url = await serve((request, response) => {
        asked.push(request.url ?? '');
        response.end('block');
      });
      await openGateway(url).read('bafkrei', LIMIT);
      await openGateway(`${url}/of/me/`).read('bafkrei', LIMIT);
      expect(asked).to.deep.equal(['/ipfs/bafkrei?format=raw', '/of/me/ipfs/bafkrei?format=raw']);
    });
  });

  it('is refused where it is no place, without repeating it', () => {
    openMirror('https://host.example/path');
    for (const place of ['ftp://host.example', 'file:///etc', 'https://', 'https://u:pw@host']) {
      for (const open of [openMirror, openGateway]) {
        const error = thrown(() => open(place));
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).not.to.include('pw').and.not.to.include('host.example');
      }
    }
  });
});
