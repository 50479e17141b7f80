import { copyFile, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { exportLog } from '../../src/issuer/logFiles.ts';
import { SEGMENT_ENTRIES, cidOf, writeLogIndex } from '../../src/issuer/logIndex.ts';
import { openLog, type LogSource } from '../../src/issuer/logSource.ts';
import { EMPTY_HEAD, nextHead } from '../../src/protocol/log.ts';
import { HEADER, attestLines, each, useFolders, useServers } from '../support/logs.ts';
import { rejected } from '../support/world.ts';

describe('issuer/logSource', () => {
  const makeFolder = useFolders();
  const serve = useServers();
  const lines = attestLines(SEGMENT_ENTRIES + 2);

  async function exported() {
    const folder = await makeFolder();
    return { folder, ...(await exportLog({ lines: each(lines), header: HEADER, folder })) };
  }

  const readAll = async (source: LogSource) => {
    const log = await openLog(source, { timeout: 5_000 });
    const heads = [];
    for await (const { head } of log.entries()) heads.push(head);
    return { index: log.index, heads };
  };

  /** Serves a folder, and tells which files were asked for. */
  const serveFolder = async (folder: string, toFile = (path: string) => path.slice(1)) => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      const file = toFile((request.url ?? '').replace(/\?.*/, ''));
      asked.push(file);
      readFile(join(folder, file)).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    return { url, asked };
  };

  it('reads a folder, a web server and a gateway alike', async () => {
    const { folder, index, cid } = await exported();
    await copyFile(join(folder, 'log.json'), join(folder, cid));
    const { url } = await serveFolder(folder);
    const gateway = (await serveFolder(folder, (path) => path.replace('/ipfs/', ''))).url;
    let head = EMPTY_HEAD;
    const heads = lines.map((line) => (head = nextHead(head, line)));
    for (const source of [folder, url, { gateway, cid }])
      expect(await readAll(source)).to.deep.equal({ index, heads });
  });

  it('reads a segment only when its entries are asked for', async () => {
    const { folder, index } = await exported();
    const { url, asked } = await serveFolder(folder);
    const log = await openLog(url);
    expect(asked).to.deep.equal(['log.json']);
    for await (const { entry } of log.entries()) if (entry.seq === 1n) break;
    expect(asked).to.deep.equal(['log.json', index.segments[0]!.cid]);
  });

  it('says which file is not there', async () => {
    const { folder, index } = await exported();
    const { cid } = index.segments[1]!;
    await rm(join(folder, cid));
    const error = await rejected(readAll(folder));
    expect(error.code).to.equal('SourceUnavailable');
    expect(error.message).to.include(cid);
    await rm(join(folder, 'log.json'));
    expect((await rejected(readAll(folder))).message).to.include('log.json');
  });

  for (const [name, lie] of Object.entries<(bytes: Buffer) => Buffer>({
    'one bit flipped': (bytes) => {
      bytes[100]! ^= 1;
      return bytes;
    },
    less: (bytes) => bytes.subarray(0, -1),
    more: (bytes) => Buffer.concat([bytes, Buffer.from('\n')]),
    nothing: () => Buffer.alloc(0),
  })) {
    it(`refuses a segment with ${name}`, async () => {
      const { folder, index } = await exported();
      await readAll(folder);
      const file = join(folder, index.segments[1]!.cid);
      await writeFile(file, lie(await readFile(file)));
      const error = await rejected(readAll(folder));
      expect(error.code).to.equal('InvalidInput');
      expect(error.data['field']).to.equal(index.segments[1]!.cid);
    });
  }

  it('refuses an index that is not the one of the CID, and a CID of another kind', async () => {
    const { folder, cid } = await exported();
    await copyFile(join(folder, 'log.json'), join(folder, cid));
    const gateway = (await serveFolder(folder, (path) => path.replace('/ipfs/', ''))).url;
    await readAll({ gateway, cid });
    const text = await readFile(join(folder, cid), 'utf8');
    await writeFile(join(folder, cid), text.replace('"tree":"1"', '"tree":"2"'));
    const error = await rejected(readAll({ gateway, cid }));
    expect(error.data['field']).to.equal(cid);
    expect((await rejected(readAll({ gateway, cid: 'x' }))).code).to.equal('InvalidInput');
  });

  it('refuses a server without end', async () => {
    const { folder } = await exported();
    await readAll(folder);
    const url = await serve((_, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect((await rejected(readAll(url))).message).to.match(/^log\.json must be at most/);
  });

  describe('given a segment that follows its name', () => {
    /** A log of one segment whose index says what it is told to. */
    const craft = async (text: string, facts: { entries: number; head: `0x${string}` }) => {
      const folder = await makeFolder();
      const cid = cidOf(Buffer.from(text));
      await writeFile(join(folder, cid), text);
      const index = { ...HEADER, ...facts, segments: [{ cid, ...facts }] };
      await writeFile(join(folder, 'log.json'), writeLogIndex(index));
      return folder;
    };
    const [line = ''] = lines;
    const head = nextHead(EMPTY_HEAD, line);

    it('reads it', async () => {
      const { heads } = await readAll(await craft(`${line}\n`, { entries: 1, head }));
      expect(heads).to.deep.equal([head]);
    });

    it('refuses entries that do not lead to the head of the index', async () => {
      const folder = await craft(`${line}\n`, { entries: 1, head: `0x${'11'.repeat(32)}` });
      const error = await rejected(readAll(folder));
      expect(error.code).to.equal('AuditFailed');
      expect(error.message).to.include(head).and.include('11'.repeat(32));
    });

    for (const [name, text, entries] of [
      ['another number of entries', `${line}\n`, 2],
      ['no line feed at the end', line, 1],
      ['an empty line', `${line}\n\n`, 2],
      ['carriage returns', `${line}\r\n`, 1],
    ] as const) {
      it(`refuses ${name}`, async () => {
        const folder = await craft(text, { entries, head });
        expect((await rejected(readAll(folder))).code).to.equal('InvalidInput');
      });
    }
  });

  it('leaves nothing in the folder that it reads', async () => {
    const { folder } = await exported();
    const names = await readdir(folder);
    await readAll(folder);
    expect(await readdir(folder)).to.deep.equal(names);
  });
});
